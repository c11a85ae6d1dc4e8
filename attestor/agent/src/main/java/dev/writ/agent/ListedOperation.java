// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.OperationKind;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where an operation is, by the service's word.
 *
 * @param digest its name
 * @param expires first moment at which it cannot be approved any more
 * @param state {@code open}, or how it ended
 * @param threshold how many approvals it takes
 * @param proposer RFC 7638 thumbprint; absent where the service proposed it
 * @param approvers RFC 7638 thumbprints of who approved it
 * @param leafIndex where the ledger has the proposal
 */
public record ListedOperation(
    Hash digest,
    OperationKind kind,
    Instant expires,
    String state,
    long threshold,
    Optional<Hash> proposer,
    List<Hash> approvers,
    long leafIndex) {
  private static final int MAX_APPROVALS = 64;
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** Takes its members, and leaves others. */
  static ListedOperation take(JsonMembers json) throws MalformedJsonException {
    List<Hash> approvers = new ArrayList<>();
    for (String kid : json.texts("approvals", MAX_APPROVALS)) {
      byte[] bytes = JsonService.base64Url("approvals", kid);
      if (bytes.length != Hash.BYTES) {
        throw new IllegalArgumentException("approvals must be thumbprints of 32 bytes, are not");
      }
      approvers.add(Hash.of(bytes));
    }
    return new ListedOperation(
        json.hash("digest"),
        json.oneOf("kind", OperationKind.values()),
        json.seconds("expires"),
        json.text("state"),
        json.integer("threshold", 1, MAX_EXACT),
        json.has("proposer") ? Optional.of(json.thumbprint("proposer")) : Optional.empty(),
        List.copyOf(approvers),
        json.integer("leaf_index", 0, MAX_EXACT));
  }
}
