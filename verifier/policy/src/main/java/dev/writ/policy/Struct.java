// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.Immutable;
import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.StructValue;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A struct of the profile: its name, its fields with their types, and how a Java value fills them.
 *
 * <p>CEL learns of it through {@link #celType}, so a field that is not declared here is an error
 * when a rule is compiled. A declared field may be absent in a value: {@code has(s.f)} is then
 * false, and reading it is an error of the rule, never a default.
 *
 * @param <T> the Java type, usually a record
 */
final class Struct<T> {
  private final String name;
  private final SortedMap<String, Field<T, ?>> fields;
  private final Constructor<T> constructor;
  private final StructType celType;

  private Struct(String name, SortedMap<String, Field<T, ?>> fields, Constructor<T> constructor) {
    this.name = name;
    this.fields = fields;
    this.constructor = constructor;
    this.celType = createType(name, fields);
  }

  @SuppressWarnings("Immutable") // the map of fields is never changed after construction
  private static <T> StructType createType(String name, SortedMap<String, Field<T, ?>> fields) {
    return StructType.create(
        name,
        ImmutableSet.copyOf(fields.keySet()),
        field -> Optional.ofNullable(fields.get(field)).map(known -> known.type().celType()));
  }

  /** Makes a value from the fields that were read. */
  interface Constructor<T> {
    T construct(Read fields) throws MalformedPolicyException;
  }

  /** The fields of one struct while it is read from JSON. */
  static final class Read {
    private final Members members;

    private Read(Members members) {
      this.members = members;
    }

    <V> V get(String name, InputType<V> type) throws MalformedPolicyException {
      return type.read(members.required(name));
    }

    <V> Optional<V> optional(String name, InputType<V> type) throws MalformedPolicyException {
      Optional<Json> value = members.optional(name);
      return value.isPresent() ? Optional.of(type.read(value.get())) : Optional.empty();
    }
  }

  private record Field<T, V>(InputType<V> type, Function<T, @Nullable V> get) {
    Optional<Object> celValue(T value) {
      return Optional.ofNullable(get.apply(value)).map(type::celValue);
    }

    void write(String name, T value, CanonicalJson out) {
      V v = get.apply(value);
      if (v != null) {
        type.write(v, out.name(name));
      }
    }

    Optional<String> json(String below, T value) {
      V v = get.apply(value);
      if (v == null) {
        return Optional.empty();
      }
      if (!below.isEmpty()) {
        return type.json(below, v);
      }
      CanonicalJson out = new CanonicalJson();
      type.write(v, out);
      return Optional.of(out.toString());
    }

    Optional<String> excess(String name, T value) {
      V v = get.apply(value);
      return v == null ? Optional.empty() : type.excess(v).map(excess -> "." + name + excess);
    }
  }

  static <T> Builder<T> named(String name) {
    return new Builder<>(name);
  }

  /** Collects the fields of a struct. */
  static final class Builder<T> {
    private final String name;
    private final SortedMap<String, Field<T, ?>> fields = new TreeMap<>();

    private Builder(String name) {
      this.name = name;
    }

    <V> Builder<T> field(String field, InputType<V> type, Function<T, V> get) {
      fields.put(field, new Field<T, V>(type, get));
      return this;
    }

    <V> Builder<T> optional(String field, InputType<V> type, Function<T, Optional<V>> get) {
      fields.put(field, new Field<T, V>(type, value -> get.apply(value).orElse(null)));
      return this;
    }

    Struct<T> build(Constructor<T> constructor) {
      return new Struct<>(name, fields, constructor);
    }
  }

  String name() {
    return name;
  }

  StructType celType() {
    return celType;
  }

  boolean hasField(String field) {
    return fields.containsKey(field);
  }

  Object celValue(T value) {
    return new Value<>(this, value);
  }

  void write(T value, CanonicalJson out) {
    out.beginObject();
    fields.forEach((field, f) -> f.write(field, value, out));
    out.endObject();
  }

  /**
   * One field as canonical JSON; empty if it, or a struct that it is in, is absent.
   *
   * @param path the field, and after a dot each the fields below it
   */
  Optional<String> json(String path, T value) {
    int dot = path.indexOf('.');
    String field = dot < 0 ? path : path.substring(0, dot);
    Field<T, ?> f = fields.get(field);
    if (f == null) {
      throw new IllegalStateException(name + " has no field " + field + "; this is a bug");
    }
    return f.json(dot < 0 ? "" : path.substring(dot + 1), value);
  }

  T read(Json json) throws MalformedPolicyException {
    Members members = Members.of(json);
    T value = constructor.construct(new Read(members));
    members.end();
    return value;
  }

  Optional<String> excess(T value) {
    for (Map.Entry<String, Field<T, ?>> field : fields.entrySet()) {
      Optional<String> excess = field.getValue().excess(field.getKey(), value);
      if (excess.isPresent()) {
        return excess;
      }
    }
    return Optional.empty();
  }

  /** A value of the struct, as the evaluator sees it. */
  @Immutable
  @SuppressWarnings("Immutable") // records of immutable fields; the tables above never change
  private static final class Value<T> extends StructValue<String, Object> {
    private final Struct<T> struct;
    private final T value;

    private Value(Struct<T> struct, T value) {
      this.struct = struct;
      this.value = value;
    }

    /** The struct is its own plain form: an unwrapped record could not be selected from again. */
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
      return struct.celType;
    }

    @Override
    public Object select(String field) {
      return find(field).orElseThrow(() -> CelAttributeNotFoundException.forFieldResolution(field));
    }

    @Override
    public Optional<Object> find(String field) {
      Field<T, ?> f = struct.fields.get(field);
      return f == null ? Optional.empty() : f.celValue(value);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Value<?> that && struct == that.struct && value.equals(that.value);
    }

    @Override
    public int hashCode() {
      return value.hashCode();
    }
  }
}
