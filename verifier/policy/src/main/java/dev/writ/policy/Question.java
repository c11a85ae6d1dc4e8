// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Map;

/**
 * What an enforcement point asks without Evidence (AuthZEN Authorization API 1.0), in its own words. All of
 * it is that caller's word; the action's name is the request's.
 *
 * @param subject who would do it
 * @param action attributes of the action
 * @param resource to what it would be done
 * @param context attributes of where and when
 */
public record Question(Entity subject, Properties action, Entity resource, Properties context) {
  static final Struct<Question> STRUCT =
      Struct.<Question>named("Question")
          .field("action", InputType.ofStruct(Properties.STRUCT), Question::action)
          .field("context", InputType.ofStruct(Properties.STRUCT), Question::context)
          .field("resource", InputType.ofStruct(Entity.STRUCT), Question::resource)
          .field("subject", InputType.ofStruct(Entity.STRUCT), Question::subject)
          .build(
              read ->
                  new Question(
                      read.get("subject", InputType.ofStruct(Entity.STRUCT)),
                      read.get("action", InputType.ofStruct(Properties.STRUCT)),
                      read.get("resource", InputType.ofStruct(Entity.STRUCT)),
                      read.get("context", InputType.ofStruct(Properties.STRUCT))));

  /**
   * A subject or a resource.
   *
   * @param type of which type
   * @param id which of them
   * @param properties its attributes
   */
  public record Entity(String type, String id, Properties properties) {
    static final Struct<Entity> STRUCT =
        Struct.<Entity>named("Entity")
            .field("id", InputType.TEXT, Entity::id)
            .field("properties", InputType.ofStruct(Properties.STRUCT), Entity::properties)
            .field("type", InputType.TEXT, Entity::type)
            .build(
                read ->
                    new Entity(
                        read.get("type", InputType.TEXT),
                        read.get("id", InputType.TEXT),
                        read.get("properties", InputType.ofStruct(Properties.STRUCT))));
  }

  /**
   * Attributes by name, apart by the types that a rule can compare: no two of different types are one.
   *
   * @param texts strings
   * @param flags truth values
   * @param integers integers that JSON carries exactly
   * @param others whatever else, as canonical JSON
   */
  public record Properties(
      Map<String, String> texts,
      Map<String, Boolean> flags,
      Map<String, Long> integers,
      Map<String, String> others) {
    /** No attributes. */
    public static final Properties NONE = new Properties(Map.of(), Map.of(), Map.of(), Map.of());

    static final Struct<Properties> STRUCT =
        Struct.<Properties>named("Properties")
            .field("flags", InputType.mapOf(InputType.BOOLEAN), Properties::flags)
            .field("integers", InputType.mapOf(InputType.INTEGER), Properties::integers)
            .field("others", InputType.mapOf(InputType.TEXT), Properties::others)
            .field("texts", InputType.mapOf(InputType.TEXT), Properties::texts)
            .build(
                read ->
                    new Properties(
                        read.get("texts", InputType.mapOf(InputType.TEXT)),
                        read.get("flags", InputType.mapOf(InputType.BOOLEAN)),
                        read.get("integers", InputType.mapOf(InputType.INTEGER)),
                        read.get("others", InputType.mapOf(InputType.TEXT))));

    /** Copies the maps, so that a decision's inputs cannot change under it. */
    public Properties {
      texts = Map.copyOf(texts);
      flags = Map.copyOf(flags);
      integers = Map.copyOf(integers);
      others = Map.copyOf(others);
    }
  }

  /** The structs that rules may select from. */
  static List<Struct<?>> structs() {
    return List.of(STRUCT, Entity.STRUCT, Properties.STRUCT);
  }
}
