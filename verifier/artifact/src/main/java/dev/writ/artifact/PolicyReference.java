// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The policy under which a decision was made.
 *
 * @param id its name
 * @param version its version, 1 or more
 * @param digest digest of its document
 * @param epoch number of the policy set in force, 1 or more
 */
public record PolicyReference(String id, long version, Hash digest, long epoch) {
  /**
   * The reference as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public PolicyReference {
    Require.visible("policy.id", id, 128);
    Require.between("policy.version", version, 1, Require.MAX_EXACT);
    Require.between("policy.epoch", epoch, 1, Require.MAX_EXACT);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", id);
    map.put("version", version);
    map.put("digest", digest);
    map.put("epoch", epoch);
    return map;
  }

  static PolicyReference take(JsonMembers json) throws MalformedJsonException {
    PolicyReference policy =
        new PolicyReference(
            json.text("id"),
            json.integer("version", 1, Require.MAX_EXACT),
            json.hash("digest"),
            json.integer("epoch", 1, Require.MAX_EXACT));
    json.end();
    return policy;
  }
}
