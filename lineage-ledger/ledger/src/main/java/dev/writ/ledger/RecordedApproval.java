// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * An approval of a request that was recorded.
 *
 * @param statement SHA-256 of what the approver signed
 * @param request the request's digest
 * @param policy digest of the policy under which it counts
 * @param approver by the thumbprint of their key
 * @param expires first moment at which it is worth nothing any more
 * @param leafIndex the leaf that has it
 * @param usedBy the leaf of the decision that it let happen; empty if none did
 */
public record RecordedApproval(
    Hash statement,
    Hash request,
    Hash policy,
    Hash approver,
    Instant expires,
    long leafIndex,
    OptionalLong usedBy) {
  /**
   * Most of one request under one policy that hold at a time. Each is a parent of the decision that it lets
   * happen, which has the policy, the host and a break-glass beside, and a leaf has at most 16.
   */
  public static final int MAX_OPEN = 13;
}
