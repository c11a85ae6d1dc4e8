// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What may be asked for under an artifact by whoever holds it: an upper bound, which grants nothing. A child
 * still needs a policy that allows it by itself.
 *
 * @param actions the actions
 * @param resources each covers itself and what lies below it by whole segments; canonical, as {@link
 *     CanonicalResource} says
 * @param aud the Relying Parties
 * @param maxUses how many uses all children may have, with all below them, or {@link Act#UNCOUNTED}
 */
public record Delegable(
    List<String> actions, List<String> resources, List<String> aud, int maxUses) {
  /** Most elements of each list. */
  public static final int MAX = 16;

  /**
   * The bound as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or a resource is not canonical
   */
  public Delegable {
    actions = Require.distinct("act.delegable.actions", actions, 1, MAX);
    actions.forEach(action -> Require.name("act.delegable.actions", action, 64));
    resources = Require.distinct("act.delegable.resources", resources, 1, MAX);
    for (String resource : resources) {
      Require.text("act.delegable.resources", resource, 1024);
      CanonicalResource.fault(resource)
          .ifPresent(
              fault -> {
                throw new InvalidValueException("act.delegable.resources", "canonical", fault);
              });
    }
    aud = Require.distinct("act.delegable.aud", aud, 1, MAX);
    aud.forEach(party -> Require.visible("act.delegable.aud", party, 256));
    Require.between("act.delegable.max_uses", maxUses, Act.UNCOUNTED, Integer.MAX_VALUE);
  }

  /** Whether the uses of all children together are counted. */
  public boolean countsUses() {
    return maxUses != Act.UNCOUNTED;
  }

  /** Whether one of the resources covers this one, which must be canonical to be covered. */
  public boolean covers(String resource) {
    return CanonicalResource.fault(resource).isEmpty()
        && resources.stream().anyMatch(above -> CanonicalResource.covers(above, resource));
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("actions", actions);
    map.put("resources", resources);
    map.put("aud", aud);
    if (countsUses()) {
      map.put("max_uses", maxUses);
    }
    return map;
  }

  static Delegable take(JsonMembers json) throws MalformedJsonException {
    Delegable delegable =
        new Delegable(
            json.texts("actions", MAX),
            json.texts("resources", MAX),
            json.texts("aud", MAX),
            json.has("max_uses")
                ? (int) json.integer("max_uses", 1, Integer.MAX_VALUE)
                : Act.UNCOUNTED);
    json.end();
    return delegable;
  }
}
