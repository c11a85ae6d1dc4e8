// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Values that a schema allows, and values that it does not, made from the schema alone. */
final class Generated {
  private static final Object[] TYPES = {true, 7L, 1.5, "", List.of(), Map.of(), Null.NULL};

  /** JSON's null, which Java's collections do not take. */
  enum Null {
    NULL
  }

  private final Random random;

  Generated(long seed) {
    this.random = new Random(seed);
  }

  /** One that is allowed: an example where there is one, for what is inside bytes no schema says. */
  Object valid(Map<String, Object> schema) {
    for (int attempt = 0; attempt < 100; attempt++) {
      Object value = made(schema);
      if (Contracts.isValid(schema, value)) {
        return value;
      }
    }
    throw new AssertionError("no value from " + schema);
  }

  private Object made(Map<String, Object> schema) {
    if (schema.containsKey("examples")) {
      return pick(Contracts.list(schema.get("examples")));
    }
    if (schema.containsKey("oneOf")) {
      return valid(Contracts.map(pick(Contracts.list(schema.get("oneOf")))));
    }
    Object only = schema.get("const");
    if (only != null) {
      return only;
    } else if (schema.containsKey("enum")) {
      return pick(Contracts.list(schema.get("enum")));
    }
    return switch (String.valueOf(schema.get("type"))) {
      case "string" -> text(schema);
      case "integer" -> integer(schema);
      case "boolean" -> random.nextBoolean();
      case "array" -> array(schema);
      case "object" -> object(schema);
      default -> throw new AssertionError(schema);
    };
  }

  private String text(Map<String, Object> schema) {
    int min = number(schema, "minLength", 0).intValue();
    int max = number(schema, "maxLength", Integer.MAX_VALUE).intValue();
    String pattern = (String) schema.getOrDefault("pattern", "^[a-zA-Z0-9 /.-]+$");
    for (int attempt = 0; attempt < 200; attempt++) {
      String text = new PatternText(random, min + attempt % 40).of(pattern);
      if (text.length() >= min && text.length() <= max) {
        return text;
      }
    }
    throw new AssertionError("no text of " + min + " to " + max + " characters from " + pattern);
  }

  private long integer(Map<String, Object> schema) {
    long min = number(schema, "minimum", 0).longValue();
    long max = number(schema, "maximum", (1L << 53) - 1).longValue();
    return switch (random.nextInt(3)) {
      case 0 -> min;
      case 1 -> max;
      default -> min + (long) (random.nextDouble() * (max - min));
    };
  }

  private List<Object> array(Map<String, Object> schema) {
    List<Object> elements = new ArrayList<>();
    int size = number(schema, "minItems", 0).intValue() + random.nextInt(2);
    for (int i = 0; i < size; i++) {
      Object element = valid(Contracts.map(schema.get("items")));
      if (!elements.contains(element)) {
        elements.add(element);
      }
    }
    return elements;
  }

  private Map<String, Object> object(Map<String, Object> schema) {
    Map<String, Object> members = new LinkedHashMap<>();
    List<Object> required = Contracts.list(schema.get("required"));
    Contracts.map(schema.get("properties"))
        .forEach(
            (name, member) -> {
              if (required.contains(name) || random.nextBoolean()) {
                members.put(name, valid(Contracts.map(member)));
              }
            });
    if (schema.get("additionalProperties") instanceof Map<?, ?> more) {
      for (int i = random.nextInt(3); i > 0; i--) {
        members.put(text(Contracts.map(schema.get("propertyNames"))), valid(Contracts.map(more)));
      }
    }
    return members;
  }

  /** Variations of an allowed value, each of which breaks one rule of the schema. */
  List<Object> invalid(Map<String, Object> schema, Object valid) {
    List<Object> broken = new ArrayList<>();
    for (Object each : Contracts.list(schema.get("oneOf"))) {
      Map<String, Object> alternative = Contracts.map(each);
      if (Contracts.isValid(alternative, valid)) {
        // What breaks the one may be another.
        invalid(alternative, valid).stream()
            .filter(other -> !Contracts.isValid(schema, other))
            .forEach(broken::add);
      }
    }
    if (schema.containsKey("const") || schema.containsKey("enum")) {
      broken.add(valid instanceof Long number ? (Object) (number + 1) : valid + "x");
    }
    for (Object other : TYPES) {
      if (!Contracts.isValid(schema, other == Null.NULL ? null : other)) {
        broken.add(other);
      }
    }
    if (valid instanceof String text) {
      brokenTexts(schema, text, broken);
    } else if (valid instanceof List<?> list) {
      brokenLists(schema, list, broken);
    } else if (valid instanceof Map<?, ?>) {
      brokenObjects(schema, Contracts.map(valid), broken);
    } else if (schema.containsKey("minimum")) {
      broken.add(number(schema, "minimum", 0).longValue() - 1);
      broken.add(number(schema, "maximum", 0).longValue() + 1);
    }
    return broken;
  }

  private static void brokenTexts(Map<String, Object> schema, String text, List<Object> broken) {
    if (schema.containsKey("maxLength")) {
      broken.add(text + "A".repeat(number(schema, "maxLength", 0).intValue() + 1 - text.length()));
    }
    if (schema.containsKey("pattern")) {
      for (String other : List.of(text + " ", "=" + text + "\u0000", text + "\u00e9")) {
        if (!Contracts.isValid(schema, other)) {
          broken.add(other);
        }
      }
    }
    if (number(schema, "minLength", 0).intValue() > 1) {
      broken.add(text.substring(0, number(schema, "minLength", 0).intValue() - 1));
    }
  }

  private void brokenLists(Map<String, Object> schema, List<?> list, List<Object> broken) {
    Map<String, Object> items = Contracts.map(schema.get("items"));
    List<Object> many = new ArrayList<>(list);
    while (many.size() <= number(schema, "maxItems", 0).intValue()) {
      many.add(valid(items));
    }
    broken.add(many);
    Object one = list.isEmpty() ? valid(items) : list.get(0);
    if (schema.containsKey("uniqueItems")) {
      broken.add(List.of(one, one));
    }
    for (Object element : invalid(items, one)) {
      broken.add(List.of(element));
    }
  }

  private void brokenObjects(
      Map<String, Object> schema, Map<String, Object> object, List<Object> broken) {
    for (Object name : Contracts.list(schema.get("required"))) {
      Map<String, Object> without = new LinkedHashMap<>(object);
      without.remove(name);
      broken.add(without);
    }
    if (Boolean.FALSE.equals(schema.get("additionalProperties"))) {
      broken.add(with(object, "unknown", 1L));
    }
    Contracts.map(schema.get("properties"))
        .forEach(
            (name, member) -> {
              Object value =
                  object.containsKey(name) ? object.get(name) : valid(Contracts.map(member));
              for (Object bad : invalid(Contracts.map(member), value)) {
                broken.add(with(object, name, bad));
              }
            });
    if (schema.get("additionalProperties") instanceof Map<?, ?> more) {
      Map<String, Object> values = Contracts.map(more);
      broken.add(with(object, "BAD NAME", valid(values)));
      for (Object bad : invalid(values, valid(values))) {
        broken.add(with(object, "name", bad));
      }
      Map<String, Object> many = new LinkedHashMap<>(object);
      for (int i = 0; many.size() <= number(schema, "maxProperties", 0).intValue(); i++) {
        many.put("name" + i, valid(values));
      }
      broken.add(many);
    }
  }

  private static Map<String, Object> with(Map<String, Object> object, String name, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(object);
    changed.put(name, value);
    return changed;
  }

  private static Number number(Map<String, Object> schema, String name, Number otherwise) {
    return (Number) schema.getOrDefault(name, otherwise);
  }

  private Object pick(List<Object> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** The value in JSON. */
  static String json(Object value) {
    if (value == Null.NULL) {
      return "null";
    } else if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach((name, member) -> members.add(Json.encode(name) + ":" + json(member)));
      return "{" + String.join(",", members) + "}";
    } else if (value instanceof List<?> list) {
      return "[" + String.join(",", list.stream().map(Generated::json).toList()) + "]";
    }
    return Json.encode(value);
  }
}
