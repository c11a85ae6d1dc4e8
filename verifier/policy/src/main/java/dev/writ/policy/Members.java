// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Takes the members of one object, each by its form, and refuses what is left over.
 *
 * <p>A reader takes all it knows and then calls {@link #end}; a member nobody took is unknown to the
 * format and refused.
 */
final class Members {
  private final Json.Obj object;
  private final Set<String> taken = new HashSet<>();

  private Members(Json.Obj object) {
    this.object = object;
  }

  /** Reads one element of an array, or a member, into a type of its own. */
  interface Reader<T> {
    T read(Json value) throws MalformedPolicyException;
  }

  static Members of(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Obj object) {
      return new Members(object);
    }
    throw new MalformedPolicyException(value.place(), "an object", value.describe());
  }

  /**
   * Reads an element that has a name of its own, which a refusal then says besides the place.
   *
   * @param kind what it is, such as {@code rule}
   * @param member the member that names it
   */
  static <T> T readNamed(String kind, String member, Json value, Reader<T> reader)
      throws MalformedPolicyException {
    try {
      return reader.read(value);
    } catch (MalformedPolicyException e) {
      throw nameOf(member, value).map(name -> e.within(kind + " " + name)).orElse(e);
    }
  }

  private static Optional<String> nameOf(String member, Json value) {
    return value instanceof Json.Obj object
            && object.members().get(member) instanceof Json.Text name
            && TextForm.ID.fits(name.value())
        ? Optional.of(name.value())
        : Optional.empty();
  }

  Json.Place place() {
    return object.place();
  }

  Set<String> names() {
    return object.members().keySet();
  }

  Optional<Json> optional(String name) {
    taken.add(name);
    return Optional.ofNullable(object.members().get(name));
  }

  Json required(String name) throws MalformedPolicyException {
    Optional<Json> value = optional(name);
    if (value.isEmpty()) {
      throw new MalformedPolicyException(object.place().absent(name), "given", "absent");
    }
    return value.get();
  }

  /** Refuses members that nobody took. */
  void end() throws MalformedPolicyException {
    for (Map.Entry<String, Json> member : object.members().entrySet()) {
      if (!taken.contains(member.getKey())) {
        String known = taken.stream().sorted().collect(Collectors.joining(", "));
        throw new MalformedPolicyException(
            member.getValue().place(), "one of the members " + known, "an unknown member");
      }
    }
  }

  String text(String name, TextForm form) throws MalformedPolicyException {
    return form.read(required(name));
  }

  Optional<String> optionalText(String name, TextForm form) throws MalformedPolicyException {
    Optional<Json> value = optional(name);
    return value.isPresent() ? Optional.of(form.read(value.get())) : Optional.empty();
  }

  int integer(String name, int min, int max) throws MalformedPolicyException {
    Json value = required(name);
    if (value instanceof Json.Int integer && integer.value() >= min && integer.value() <= max) {
      return (int) integer.value();
    }
    throw new MalformedPolicyException(
        value.place(), "an integer from " + min + " to " + max, value.describe());
  }

  boolean bool(String name) throws MalformedPolicyException {
    Json value = required(name);
    if (value instanceof Json.Bool bool) {
      return bool.value();
    }
    throw new MalformedPolicyException(value.place(), "true or false", value.describe());
  }

  /** A truth value; false where it is absent. */
  boolean flag(String name) throws MalformedPolicyException {
    return optional(name).isPresent() && bool(name);
  }

  /** A time in whole seconds of UTC, in the one spelling {@code 2026-11-01T00:00:00Z}. */
  Instant time(String name) throws MalformedPolicyException {
    Json value = required(name);
    Instant time = readTime(value);
    if (!time.equals(time.truncatedTo(ChronoUnit.SECONDS))) {
      throw new MalformedPolicyException(
          value.place(), "a time in whole seconds", value.describe());
    }
    return time;
  }

  /** A time as {@link Instant#toString} writes it, so that a time has one spelling. */
  static Instant readTime(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Text text) {
      try {
        Instant time = Instant.parse(text.value());
        if (time.toString().equals(text.value())) {
          return time;
        }
      } catch (DateTimeParseException e) {
        throw new MalformedPolicyException(
            value.place(), "an RFC 3339 time in UTC such as 2026-11-01T00:00:00Z", text.value(), e);
      }
    }
    throw new MalformedPolicyException(
        value.place(), "an RFC 3339 time in UTC such as 2026-11-01T00:00:00Z", value.describe());
  }

  /** A member that has one possible value. */
  void literal(String name, String expected) throws MalformedPolicyException {
    Json value = required(name);
    if (!(value instanceof Json.Text text) || !text.value().equals(expected)) {
      throw new MalformedPolicyException(value.place(), "\"" + expected + "\"", value.describe());
    }
  }

  /** One of {@code values}, by its wire name. */
  <E> E choice(String name, List<E> values, Function<E, String> wire)
      throws MalformedPolicyException {
    Json value = required(name);
    for (E candidate : values) {
      if (value instanceof Json.Text text && text.value().equals(wire.apply(candidate))) {
        return candidate;
      }
    }
    String names = values.stream().map(wire).collect(Collectors.joining(", "));
    throw new MalformedPolicyException(value.place(), "one of " + names, value.describe());
  }

  /** An array of at least {@code min} and at most {@code max} elements. */
  <T> List<T> list(String name, int min, int max, Reader<T> reader)
      throws MalformedPolicyException {
    return readList(required(name), min, max, reader);
  }

  <T> List<T> optionalList(String name, int max, Reader<T> reader) throws MalformedPolicyException {
    Optional<Json> value = optional(name);
    return value.isPresent() ? readList(value.get(), 0, max, reader) : List.of();
  }

  static <T> List<T> readList(Json value, int min, int max, Reader<T> reader)
      throws MalformedPolicyException {
    if (!(value instanceof Json.Arr array)
        || array.elements().size() < min
        || array.elements().size() > max) {
      throw new MalformedPolicyException(
          value.place(), "an array of " + min + " to " + max + " elements", value.describe());
    }
    List<T> read = new ArrayList<>(array.elements().size());
    for (Json element : array.elements()) {
      read.add(reader.read(element));
    }
    return List.copyOf(read);
  }

  /** As {@link #list}, of strings that differ from each other. */
  Set<String> set(String name, int min, int max, TextForm form) throws MalformedPolicyException {
    return readSet(required(name), min, max, form);
  }

  Optional<Set<String>> optionalSet(String name, int max, TextForm form)
      throws MalformedPolicyException {
    Optional<Json> value = optional(name);
    return value.isPresent() ? Optional.of(readSet(value.get(), 0, max, form)) : Optional.empty();
  }

  private static Set<String> readSet(Json value, int min, int max, TextForm form)
      throws MalformedPolicyException {
    List<String> texts = readList(value, min, max, form::read);
    Set<String> seen = new LinkedHashSet<>();
    for (String text : texts) {
      if (!seen.add(text)) {
        throw new MalformedPolicyException(
            value.place(), "an array of different strings", "\"" + text + "\" twice");
      }
    }
    return Collections.unmodifiableSet(seen);
  }
}
