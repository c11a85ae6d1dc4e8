// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where an execution comes from.
 *
 * @param execution this execution; artifacts that renew it carry the same
 * @param parent {@code jti} of the artifact under which the starting execution ran
 * @param root execution that began the chain, itself where there is no parent
 * @param depth number of executions above this one, 0 exactly where there is no parent
 */
public record Lineage(UuidV7 execution, Optional<UuidV7> parent, UuidV7 root, int depth) {
  /** Longest chain. */
  public static final int MAX_DEPTH = 64;

  /**
   * The lineage as given.
   *
   * @throws IllegalArgumentException if depth, parent and root do not agree
   */
  public Lineage {
    Require.between("lineage.depth", depth, 0, MAX_DEPTH);
    if ((depth == 0) != parent.isEmpty()) {
      throw new InvalidValueException(
          "lineage.depth", "0 exactly where there is no parent", Integer.toString(depth));
    }
    if ((depth == 0) != root.equals(execution)) {
      throw new InvalidValueException(
          "lineage.root", "the execution itself exactly where depth is 0", root.toString());
    }
  }

  /** Of an execution that no other execution started. */
  public static Lineage rootOf(UuidV7 execution) {
    return new Lineage(execution, Optional.empty(), execution, 0);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("execution", execution.toString());
    parent.ifPresent(jti -> map.put("parent", jti.toString()));
    map.put("root", root.toString());
    map.put("depth", depth);
    return map;
  }

  static Lineage take(JsonMembers json) throws MalformedJsonException {
    Lineage lineage =
        new Lineage(
            json.uuid("execution"),
            json.optionalUuid("parent"),
            json.uuid("root"),
            (int) json.integer("depth", 0, MAX_DEPTH));
    json.end();
    return lineage;
  }
}
