// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;

/** How a request for an artifact ended. */
public sealed interface IssuanceOutcome {
  /**
   * Allowed, signed, and in the ledger under a signed checkpoint.
   *
   * @param bundle all that a verifier needs beside its trust file
   */
  record Issued(ProofBundle bundle) implements IssuanceOutcome {}

  /**
   * No artifact.
   *
   * @param code why
   * @param reason the finer reason, a stable snake_case word or a rule's id
   * @param message what must hold, what was, and where useful what to do next
   */
  record Denied(DenialCode code, String reason, String message) implements IssuanceOutcome {}
}
