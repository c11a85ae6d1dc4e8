// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.PolicyReference;
import java.time.Instant;

/**
 * A policy that is or was in force, by the service's word.
 *
 * @param minEpoch the earliest epoch whose artifacts counted when it came into force
 * @param began when that was
 * @param leafIndex where the ledger says so
 */
public record ListedPolicy(PolicyReference policy, long minEpoch, Instant began, long leafIndex) {
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** Takes its members, and leaves others. */
  static ListedPolicy take(JsonMembers json) throws MalformedJsonException {
    return new ListedPolicy(
        reference(json),
        json.integer("min_epoch", 1, MAX_EXACT),
        json.millis("time"),
        json.integer("leaf_index", 0, MAX_EXACT));
  }

  static PolicyReference reference(JsonMembers json) throws MalformedJsonException {
    return new PolicyReference(
        json.text("id"),
        json.integer("version", 1, MAX_EXACT),
        json.hash("digest"),
        json.integer("epoch", 1, MAX_EXACT));
  }
}
