// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The HTTP API as its OpenAPI document has it, and whether an answer is one that it describes. */
final class Contracts {
  /** One operation. */
  record Operation(String method, String path, Map<String, Object> node) {
    String name() {
      return String.valueOf(node.get("operationId"));
    }

    boolean isOf(String tag) {
      return list(node.get("tags")).contains(tag);
    }

    /** The schema of its JSON body; absent where it takes none. */
    Map<String, Object> body() {
      Map<String, Object> body = map(node.get("requestBody"));
      return body.isEmpty()
          ? Map.of()
          : map(map(map(body.get("content")).get("application/json")).get("schema"));
    }

    List<Map<String, Object>> parameters(String in) {
      return list(node.get("parameters")).stream()
          .map(Contracts::map)
          .filter(parameter -> in.equals(parameter.get("in")))
          .toList();
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private final Map<String, Object> document;

  private Contracts(Map<String, Object> document) {
    this.document = document;
  }

  static Contracts parse(String yaml) {
    Contracts raw =
        new Contracts(map(new Load(LoadSettings.builder().build()).loadFromString(yaml)));
    return new Contracts(map(raw.resolved(raw.document)));
  }

  /** The same with what is referred to in the reference's place. */
  private Object resolved(Object node) {
    if (node instanceof List<?> list) {
      return list.stream().map(this::resolved).toList();
    }
    if (!(node instanceof Map<?, ?>)) {
      return node;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    map(node)
        .forEach(
            (name, value) -> {
              if (name.equals("$ref")) {
                all.putAll(map(resolved(at((String) value))));
              } else {
                all.put(name, resolved(value));
              }
            });
    return all;
  }

  private Object at(String pointer) {
    @Nullable Object node = document;
    for (String name : pointer.substring(2).split("/")) {
      node = map(node).get(name);
    }
    if (node == null) {
      throw new AssertionError(pointer + " refers to nothing");
    }
    return node;
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    map(document.get("paths"))
        .forEach(
            (path, methods) ->
                map(methods)
                    .forEach(
                        (method, node) ->
                            operations.add(
                                new Operation(method.toUpperCase(Locale.ROOT), path, map(node)))));
    return operations;
  }

  Operation operation(String name) {
    return operations().stream().filter(o -> o.name().equals(name)).findFirst().orElseThrow();
  }

  Map<String, Object> schema(String name) {
    return map(map(map(document.get("components")).get("schemas")).get(name));
  }

  /** The answer must be one that the operation may give. */
  void requireDescribed(Operation operation, HttpWire.Response response) {
    Map<String, Object> described =
        map(map(operation.node().get("responses")).get(Integer.toString(response.status())));
    assertThat(described)
        .as(operation + " " + response.status() + " " + response.text())
        .isNotEmpty();
    map(described.get("headers"))
        .forEach(
            (name, header) -> {
              String value = response.header(name.toLowerCase(Locale.ROOT));
              assertThat(isValid(map(map(header).get("schema")), value))
                  .as(name + ": " + value)
                  .isTrue();
            });
    Map<String, Object> content = map(described.get("content"));
    assertThat(content).containsKey(response.header("content-type"));
    Map<String, Object> schema =
        map(map(content.get(response.header("content-type"))).get("schema"));
    if (response.header("content-type").contains("json")) {
      requireValid(schema, response);
      requireNothingInside(response);
    }
  }

  void requireProblem(int status, HttpWire.Response response) {
    assertThat(response.status()).as(response.text()).isEqualTo(status);
    assertThat(response.header("content-type")).isEqualTo("application/problem+json");
    requireValid(schema("Problem"), response);
  }

  private static void requireValid(Map<String, Object> schema, HttpWire.Response response) {
    Object value = new JsonObject(new String(response.body(), StandardCharsets.UTF_8));
    OutputUnit result = validator(schema).validate(value);
    assertThat(result.getValid()).as(response.text() + " " + result.getErrors()).isTrue();
  }

  /** No answer shows what the service is made of. */
  private static void requireNothingInside(HttpWire.Response response) {
    if (response.status() >= 400) {
      assertThat(response.text())
          .doesNotContain("Exception")
          .doesNotContain("\tat ")
          .doesNotContain("dev.writ");
    }
  }

  static boolean isValid(Map<String, Object> schema, @Nullable Object value) {
    return validator(schema).validate(json(value)).getValid();
  }

  private static Validator validator(Map<String, Object> schema) {
    return Validator.create(
        JsonSchema.of((JsonObject) Objects.requireNonNull(json(schema))),
        new JsonSchemaOptions().setBaseUri("urn:writ:test").setDraft(Draft.DRAFT202012));
  }

  private static @Nullable Object json(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      JsonObject object = new JsonObject();
      map.forEach((name, member) -> object.put((String) name, json(member)));
      return object;
    } else if (value instanceof List<?> list) {
      JsonArray array = new JsonArray();
      list.forEach(element -> array.add(json(element)));
      return array;
    }
    return value == Generated.Null.NULL ? null : value;
  }

  @SuppressWarnings("unchecked") // YAML's maps here have names alone.
  static Map<String, Object> map(@Nullable Object node) {
    return node == null ? Map.of() : (Map<String, Object>) node;
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(@Nullable Object node) {
    return node == null ? List.of() : (List<Object>) node;
  }
}
