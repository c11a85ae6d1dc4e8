// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.VerifiedQuote;

/** Whether the evidence of a start is what its leaf says. */
public sealed interface StartOutcome {
  /**
   * It is: a TPM with the leaf's attestation key signed this state over the leaf's binding.
   *
   * @param quote as it was verified
   */
  record Holds(VerifiedQuote quote) implements StartOutcome {}

  /**
   * It is not.
   *
   * @param reason a stable word
   * @param message what must hold, and what was
   */
  record Refused(String reason, String message) implements StartOutcome {}
}
