// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** What a Merkle proof showed. */
public sealed interface ProofOutcome {
  /** The proof leads to the given root or roots. */
  record Proven() implements ProofOutcome {}

  /**
   * The proof shows nothing.
   *
   * @param reason what must hold and what was
   */
  record NotProven(String reason) implements ProofOutcome {}
}
