// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was in force when a status token was made ({@code writ}), read with the ledger's head.
 *
 * @param epoch the newest policy epoch
 * @param minEpoch the oldest whose artifacts still stand, at most {@code epoch}
 * @param policyDigest digest of the policy of {@code epoch}
 * @param treeSize leaves in the ledger
 * @param root the ledger's root at that size
 * @param trustVersion version of the trust file that the issuer goes by
 */
public record StatusGovernance(
    long epoch, long minEpoch, Hash policyDigest, long treeSize, Hash root, long trustVersion) {
  /**
   * The state as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public StatusGovernance {
    Require.between("writ.epoch", epoch, 1, Require.MAX_EXACT);
    Require.between("writ.min_epoch", minEpoch, 1, epoch);
    Require.between("writ.tree_size", treeSize, 1, Require.MAX_EXACT);
    Require.between("writ.trust_version", trustVersion, 1, Require.MAX_EXACT);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("epoch", epoch);
    map.put("min_epoch", minEpoch);
    map.put("policy_digest", policyDigest);
    map.put("tree_size", treeSize);
    map.put("root", root);
    map.put("trust_version", trustVersion);
    return map;
  }

  static StatusGovernance take(JsonMembers json) throws MalformedJsonException {
    StatusGovernance governance =
        new StatusGovernance(
            json.integer("epoch", 1, Require.MAX_EXACT),
            json.integer("min_epoch", 1, Require.MAX_EXACT),
            json.hash("policy_digest"),
            json.integer("tree_size", 1, Require.MAX_EXACT),
            json.hash("root"),
            json.integer("trust_version", 1, Require.MAX_EXACT));
    json.end();
    return governance;
  }
}
