// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;

/**
 * An approval of an operation.
 *
 * @param approver who gave it, by the thumbprint of their key
 * @param statement what they signed, as received
 * @param leafIndex the leaf that recorded it
 */
public record OperationApproval(Hash approver, byte[] statement, long leafIndex) {
  /** Copies the bytes. */
  public OperationApproval {
    statement = statement.clone();
  }

  @Override
  public byte[] statement() {
    return statement.clone();
  }
}
