// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One action on one resource with exact arguments.
 *
 * @param action what is done, such as {@code exec}
 * @param resource what it is done to
 * @param argsDigest digest of the exact arguments, so that no other arguments pass
 * @param limits named upper bounds that the Relying Party enforces; at most {@value #MAX_LIMITS}
 * @param maxUses how often the permission may be used, or {@link #UNCOUNTED}
 * @param delegable what its holder may have others permitted under it; absent: this act alone
 */
public record Act(
    String action,
    String resource,
    Hash argsDigest,
    Map<String, Long> limits,
    int maxUses,
    Optional<Delegable> delegable) {
  /** Uses are not counted: the JSON has no {@code max_uses}. */
  public static final int UNCOUNTED = 0;

  static final int MAX_LIMITS = 16;

  /**
   * The action as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public Act {
    Require.name("act.action", action, 64);
    Require.text("act.resource", resource, 1024);
    Require.between("act.limits", limits.size(), 0, MAX_LIMITS);
    limits = Map.copyOf(limits);
    limits.forEach(
        (name, bound) -> {
          Require.name("act.limits", name, 64);
          Require.between("act.limits." + name, bound, 0, Require.MAX_EXACT);
        });
    Require.between("act.max_uses", maxUses, UNCOUNTED, Integer.MAX_VALUE);
  }

  /** An act of which nothing but itself can be delegated. */
  public Act(
      String action, String resource, Hash argsDigest, Map<String, Long> limits, int maxUses) {
    this(action, resource, argsDigest, limits, maxUses, Optional.empty());
  }

  /** Whether uses are counted, which takes one judge: exactly one Relying Party in {@code aud}. */
  public boolean countsUses() {
    return maxUses != UNCOUNTED;
  }

  /** Its members, for a document that holds one. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("action", action);
    map.put("resource", resource);
    map.put("args_digest", argsDigest);
    map.put("limits", limits);
    if (countsUses()) {
      map.put("max_uses", maxUses);
    }
    delegable.ifPresent(bound -> map.put("delegable", bound.toMap()));
    return map;
  }

  /** The action that these members are, for a document that holds one; others are refused. */
  public static Act take(JsonMembers json) throws MalformedJsonException {
    Optional<JsonMembers> delegable = json.optionalObject("delegable");
    Act act =
        new Act(
            json.text("action"),
            json.text("resource"),
            json.hash("args_digest"),
            json.object("limits").allIntegers(MAX_LIMITS),
            json.has("max_uses") ? (int) json.integer("max_uses", 1, Integer.MAX_VALUE) : UNCOUNTED,
            delegable.isPresent()
                ? Optional.of(Delegable.take(delegable.get()))
                : Optional.empty());
    json.end();
    return act;
  }
}
