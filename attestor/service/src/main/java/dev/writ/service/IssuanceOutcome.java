// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ProofBundle;

/** How a request for an artifact ended. */
public sealed interface IssuanceOutcome {
  /**
   * Allowed, signed, and in the ledger under a signed checkpoint.
   *
   * @param bundle all that a verifier needs beside its trust file
   */
  record Issued(ProofBundle bundle) implements IssuanceOutcome {}

  /** No artifact. */
  record Denied(Denial denial) implements IssuanceOutcome {}
}
