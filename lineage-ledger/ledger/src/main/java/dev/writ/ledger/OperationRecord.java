// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An operation that was proposed, with the approvals that it has.
 *
 * @param digest by which it is approved
 * @param document what is to be done, as received
 * @param subject what it changes; of each subject one operation is open
 * @param proposer who proposed it, by the thumbprint of their key; empty if nobody did
 * @param expires first moment at which it cannot be approved any more
 * @param end how it ended; empty while it is open, past {@code expires} too
 * @param leafIndex the leaf that proposed it
 * @param approvals one of each approver, oldest first
 */
public record OperationRecord(
    Hash digest,
    byte[] document,
    String subject,
    Optional<Hash> proposer,
    Instant expires,
    Optional<OperationEnd> end,
    long leafIndex,
    List<OperationApproval> approvals) {
  /** Most bytes of a document. */
  public static final int MAX_DOCUMENT_BYTES = 600 << 10;

  /** Most bytes of an approval's statement. */
  public static final int MAX_STATEMENT_BYTES = 8192;

  /** Most characters of a subject. */
  public static final int MAX_SUBJECT = 64;

  /** Most that are open at a time. */
  public static final int MAX_OPEN = 64;

  /** Most of one proposer that are open at a time; those that nobody proposed count as one's. */
  public static final int MAX_OPEN_OF_PROPOSER = 16;

  /** Copies bytes and list. */
  public OperationRecord {
    document = document.clone();
    approvals = List.copyOf(approvals);
  }

  @Override
  public byte[] document() {
    return document.clone();
  }

  /** Whether it has not ended. */
  public boolean isOpen() {
    return end.isEmpty();
  }
}
