// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The type of one input or constant, in its four appearances: the type a rule is checked against,
 * the value a rule sees, canonical JSON, and the JSON it is read from.
 *
 * <p>One definition serves all four, so that what a rule saw is what a replay reads.
 *
 * @param <V> the Java type
 */
interface InputType<V> {
  /** UTF-16 units of one string. */
  int MAX_TEXT = 4_096;

  /** Elements of one list, entries of one map. */
  int MAX_ELEMENTS = 256;

  /** Where the range of a CEL timestamp begins: with the year 1. */
  Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

  /** Where it ends: with the year 9999. */
  Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

  /** The type that the checker holds rules to. */
  CelType celType();

  /** The value as the evaluator wants it. */
  Object celValue(V value);

  void write(V value, CanonicalJson out);

  V read(Json json) throws MalformedPolicyException;

  /**
   * One field of a struct as canonical JSON; empty if it is absent.
   *
   * @param path the field, and after a dot each the fields below it
   */
  default Optional<String> json(String path, V value) {
    throw new IllegalStateException("only a struct has a field " + path + "; this is a bug");
  }

  /** What bound {@code value} exceeds, as the end of a sentence that starts with its name. */
  Optional<String> excess(V value);

  /** Unicode text. */
  InputType<String> TEXT =
      new InputType<>() {
        @Override
        public CelType celType() {
          return SimpleType.STRING;
        }

        @Override
        public Object celValue(String value) {
          return value;
        }

        @Override
        public void write(String value, CanonicalJson out) {
          out.text(value);
        }

        @Override
        public String read(Json json) throws MalformedPolicyException {
          if (json instanceof Json.Text text) {
            return text.value();
          }
          throw new MalformedPolicyException(json.place(), "a string", json.describe());
        }

        @Override
        public Optional<String> excess(String value) {
          if (value.length() > MAX_TEXT) {
            return Optional.of(
                " must have at most " + MAX_TEXT + " UTF-16 units, has " + value.length());
          }
          return StrictJson.isWellFormed(value)
              ? Optional.empty()
              : Optional.of(" must be Unicode text, has a lone surrogate");
        }
      };

  /** An integer that JSON carries exactly. */
  InputType<Long> INTEGER =
      new InputType<>() {
        @Override
        public CelType celType() {
          return SimpleType.INT;
        }

        @Override
        public Object celValue(Long value) {
          return value;
        }

        @Override
        public void write(Long value, CanonicalJson out) {
          out.integer(value);
        }

        @Override
        public Long read(Json json) throws MalformedPolicyException {
          if (json instanceof Json.Int integer) {
            return integer.value();
          }
          throw new MalformedPolicyException(json.place(), "an integer", json.describe());
        }

        @Override
        public Optional<String> excess(Long value) {
          return value >= -Json.Int.MAX && value <= Json.Int.MAX
              ? Optional.empty()
              : Optional.of(" must be within 2^53-1, is " + value);
        }
      };

  /** A truth value. */
  InputType<Boolean> BOOLEAN =
      new InputType<>() {
        @Override
        public CelType celType() {
          return SimpleType.BOOL;
        }

        @Override
        public Object celValue(Boolean value) {
          return value;
        }

        @Override
        public void write(Boolean value, CanonicalJson out) {
          out.bool(value);
        }

        @Override
        public Boolean read(Json json) throws MalformedPolicyException {
          if (json instanceof Json.Bool bool) {
            return bool.value();
          }
          throw new MalformedPolicyException(json.place(), "true or false", json.describe());
        }

        @Override
        public Optional<String> excess(Boolean value) {
          return Optional.empty();
        }
      };

  /** A moment; in JSON as {@link Instant#toString} writes it. */
  InputType<Instant> TIME =
      new InputType<>() {
        @Override
        public CelType celType() {
          return SimpleType.TIMESTAMP;
        }

        @Override
        public Object celValue(Instant value) {
          return value;
        }

        @Override
        public void write(Instant value, CanonicalJson out) {
          out.text(value.toString());
        }

        @Override
        public Instant read(Json json) throws MalformedPolicyException {
          return Members.readTime(json);
        }

        @Override
        public Optional<String> excess(Instant value) {
          return value.isBefore(EARLIEST) || value.isAfter(LATEST)
              ? Optional.of(" must be in the years 1 to 9999, is " + value)
              : Optional.empty();
        }
      };

  /**
   * A Java enum: to CEL an int, the constant's position, which rules name as {@code Tier.WARNING};
   * in JSON its lower-case name.
   */
  static <E extends Enum<E>> InputType<E> ofEnum(Class<E> type) {
    List<E> constants = List.of(type.getEnumConstants());
    return new InputType<>() {
      @Override
      public CelType celType() {
        return SimpleType.INT;
      }

      @Override
      public Object celValue(E value) {
        return (long) constants.indexOf(value);
      }

      @Override
      public void write(E value, CanonicalJson out) {
        out.text(value.name().toLowerCase(Locale.ROOT));
      }

      @Override
      public E read(Json json) throws MalformedPolicyException {
        for (E constant : constants) {
          if (json instanceof Json.Text text
              && text.value().equals(constant.name().toLowerCase(Locale.ROOT))) {
            return constant;
          }
        }
        throw new MalformedPolicyException(
            json.place(),
            "one of " + constants.toString().toLowerCase(Locale.ROOT),
            json.describe());
      }

      @Override
      public Optional<String> excess(E value) {
        return Optional.empty();
      }
    };
  }

  /** A list of one type, at most {@link #MAX_ELEMENTS} long. */
  static <E> InputType<List<E>> listOf(InputType<E> element) {
    return listOf(element, MAX_ELEMENTS);
  }

  /** A list of one type, at most {@code max} long. */
  static <E> InputType<List<E>> listOf(InputType<E> element, int max) {
    return new InputType<>() {
      @Override
      public CelType celType() {
        return ListType.create(element.celType());
      }

      @Override
      public Object celValue(List<E> value) {
        return value.stream().map(element::celValue).toList();
      }

      @Override
      public void write(List<E> value, CanonicalJson out) {
        out.beginArray();
        value.forEach(e -> element.write(e, out));
        out.endArray();
      }

      @Override
      public List<E> read(Json json) throws MalformedPolicyException {
        return Members.readList(json, 0, max, element::read);
      }

      @Override
      public Optional<String> excess(List<E> value) {
        return value.size() > max
            ? Optional.of(" must have at most " + max + " elements, has " + value.size())
            : firstExcess(value);
      }

      private Optional<String> firstExcess(List<E> value) {
        for (E e : value) {
          Optional<String> excess = element.excess(e);
          if (excess.isPresent()) {
            return excess;
          }
        }
        return Optional.empty();
      }
    };
  }

  /** A map from text to one type, with at most {@link #MAX_ELEMENTS} entries. */
  static <E> InputType<Map<String, E>> mapOf(InputType<E> element) {
    return mapOf(element, MAX_ELEMENTS);
  }

  /**
   * A map from text to one type, with at most {@code max} entries; to rules always in ascending
   * order of its keys.
   */
  static <E> InputType<Map<String, E>> mapOf(InputType<E> element, int max) {
    return new InputType<>() {
      @Override
      public CelType celType() {
        return MapType.create(SimpleType.STRING, element.celType());
      }

      @Override
      public Object celValue(Map<String, E> value) {
        TreeMap<String, Object> ordered = new TreeMap<>();
        value.forEach((key, e) -> ordered.put(key, element.celValue(e)));
        return new RuntimeMap(Collections.unmodifiableSortedMap(ordered));
      }

      @Override
      public void write(Map<String, E> value, CanonicalJson out) {
        out.beginObject();
        new TreeMap<>(value).forEach((key, e) -> element.write(e, out.name(key)));
        out.endObject();
      }

      @Override
      public Map<String, E> read(Json json) throws MalformedPolicyException {
        Members members = Members.of(json);
        if (members.names().size() > max) {
          throw new MalformedPolicyException(
              json.place(),
              "an object of at most " + max + " members",
              members.names().size() + " members");
        }
        TreeMap<String, E> read = new TreeMap<>();
        for (String name : members.names()) {
          read.put(name, element.read(members.required(name)));
        }
        return Collections.unmodifiableSortedMap(read);
      }

      @Override
      public Optional<String> excess(Map<String, E> value) {
        return value.size() > max
            ? Optional.of(" must have at most " + max + " entries, has " + value.size())
            : firstExcess(value);
      }

      private Optional<String> firstExcess(Map<String, E> value) {
        for (Map.Entry<String, E> entry : new TreeMap<>(value).entrySet()) {
          Optional<String> excess =
              TEXT.excess(entry.getKey()).or(() -> element.excess(entry.getValue()));
          if (excess.isPresent()) {
            return excess;
          }
        }
        return Optional.empty();
      }
    };
  }

  /** A struct with declared fields. */
  static <T> InputType<T> ofStruct(Struct<T> struct) {
    return new InputType<>() {
      @Override
      public CelType celType() {
        return StructTypeReference.create(struct.name());
      }

      @Override
      public Object celValue(T value) {
        return struct.celValue(value);
      }

      @Override
      public void write(T value, CanonicalJson out) {
        struct.write(value, out);
      }

      @Override
      public T read(Json json) throws MalformedPolicyException {
        return struct.read(json);
      }

      @Override
      public Optional<String> json(String path, T value) {
        return struct.json(path, value);
      }

      @Override
      public Optional<String> excess(T value) {
        return struct.excess(value);
      }
    };
  }
}
