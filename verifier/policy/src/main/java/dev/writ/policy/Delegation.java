// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;

/**
 * What others may be permitted under what is asked for, as who asks wants it: a bound, which grants nothing.
 *
 * @param actions the verbs
 * @param resources each with what lies below it, by whole segments
 * @param audiences the gateways
 * @param maxUses how many uses all of them may have together; 0 where they are not counted
 */
public record Delegation(
    List<String> actions, List<String> resources, List<String> audiences, long maxUses) {
  static final Struct<Delegation> STRUCT =
      Struct.<Delegation>named("Delegation")
          .field("actions", InputType.listOf(InputType.TEXT), Delegation::actions)
          .field("audiences", InputType.listOf(InputType.TEXT), Delegation::audiences)
          .field("max_uses", InputType.INTEGER, Delegation::maxUses)
          .field("resources", InputType.listOf(InputType.TEXT), Delegation::resources)
          .build(
              read ->
                  new Delegation(
                      read.get("actions", InputType.listOf(InputType.TEXT)),
                      read.get("resources", InputType.listOf(InputType.TEXT)),
                      read.get("audiences", InputType.listOf(InputType.TEXT)),
                      read.get("max_uses", InputType.INTEGER)));

  /** Copies the lists, so that a decision's inputs cannot change under it. */
  public Delegation {
    actions = List.copyOf(actions);
    resources = List.copyOf(resources);
    audiences = List.copyOf(audiences);
  }

  /**
   * The artifact under which something is asked for, which holds, and whose holder wants it.
   *
   * @param workload whose it is
   * @param action what it permits itself
   * @param resource to what
   */
  public record Above(String workload, String action, String resource) {
    static final Struct<Above> STRUCT =
        Struct.<Above>named("Above")
            .field("action", InputType.TEXT, Above::action)
            .field("resource", InputType.TEXT, Above::resource)
            .field("workload", InputType.TEXT, Above::workload)
            .build(
                read ->
                    new Above(
                        read.get("workload", InputType.TEXT),
                        read.get("action", InputType.TEXT),
                        read.get("resource", InputType.TEXT)));
  }

  /** The structs that rules may select from. */
  static List<Struct<?>> structs() {
    return List.of(STRUCT, Above.STRUCT);
  }
}
