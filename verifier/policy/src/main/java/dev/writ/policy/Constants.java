// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.Immutable;
import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.StructValue;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The document's named values, a struct to its rules: a misspelt name is an error when a rule is
 * compiled.
 *
 * <p>The type of a constant follows from its value: a string, an integer, a truth value, a list of
 * one of these, or a map from names to one of all these. The elements of a list, and the values of a
 * map, have one type; an empty list counts as one of strings, an empty map as one from strings to
 * strings.
 */
@Immutable
@SuppressWarnings("Immutable") // an unmodifiable map of immutable values
final class Constants extends StructValue<String, Object> {
  static final String TYPE_NAME = "Constants";

  private static final int MAX_CONSTANTS = 256;
  private static final int MAX_ELEMENTS = 4_096;

  private final SortedMap<String, Constant> values;
  private final StructType type;

  private Constants(SortedMap<String, Constant> values) {
    this.values = values;
    this.type =
        StructType.create(
            TYPE_NAME,
            ImmutableSet.copyOf(values.keySet()),
            name -> Optional.ofNullable(values.get(name)).map(Constant::type));
  }

  private record Constant(CelType type, Object value) {
    static <V> Constant read(InputType<V> type, Json json) throws MalformedPolicyException {
      return new Constant(type.celType(), type.celValue(type.read(json)));
    }
  }

  static Constants none() {
    return new Constants(Collections.emptySortedMap());
  }

  static Constants read(Json json) throws MalformedPolicyException {
    Members members = Members.of(json);
    if (members.names().size() > MAX_CONSTANTS) {
      throw new MalformedPolicyException(
          json.place(),
          "at most " + MAX_CONSTANTS + " constants",
          members.names().size() + " constants");
    }
    TreeMap<String, Constant> values = new TreeMap<>();
    for (String name : members.names()) {
      Json value = members.required(name);
      if (!TextForm.CONSTANT.fits(name)) {
        throw new MalformedPolicyException(
            value.place(), TextForm.CONSTANT.mustBe(), "the name \"" + name + "\"");
      }
      values.put(name, Constant.read(typeOf(value), value));
    }
    return new Constants(Collections.unmodifiableSortedMap(values));
  }

  private static InputType<?> typeOf(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Obj object) {
      for (Json element : object.members().values()) {
        // An empty list says nothing of its elements' type; another member may.
        if (!(element instanceof Json.Arr array && array.elements().isEmpty())) {
          return InputType.mapOf(listOrScalar(element), MAX_ELEMENTS);
        }
      }
      return object.members().isEmpty()
          ? InputType.mapOf(InputType.TEXT, MAX_ELEMENTS)
          : InputType.mapOf(InputType.listOf(InputType.TEXT, MAX_ELEMENTS), MAX_ELEMENTS);
    }
    return listOrScalar(value);
  }

  private static InputType<?> listOrScalar(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Arr array) {
      InputType<?> element =
          array.elements().isEmpty() ? InputType.TEXT : scalar(array.elements().get(0));
      return InputType.listOf(element, MAX_ELEMENTS);
    }
    return scalar(value);
  }

  private static InputType<?> scalar(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Text) {
      return InputType.TEXT;
    } else if (value instanceof Json.Int) {
      return InputType.INTEGER;
    } else if (value instanceof Json.Bool) {
      return InputType.BOOLEAN;
    }
    throw new MalformedPolicyException(
        value.place(), "a string, an integer, true or false", value.describe());
  }

  StructType type() {
    return type;
  }

  @Override
  public Object value() {
    return this;
  }

  @Override
  public boolean isZeroValue() {
    return false;
  }

  @Override
  public CelType celType() {
    return type;
  }

  @Override
  public Object select(String name) {
    return find(name).orElseThrow(() -> CelAttributeNotFoundException.forFieldResolution(name));
  }

  @Override
  public Optional<Object> find(String name) {
    return Optional.ofNullable(values.get(name)).map(Constant::value);
  }
}
