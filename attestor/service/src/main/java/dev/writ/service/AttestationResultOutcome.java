// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AttestationResult;

/** What somebody who asks for an Attestation Result gets. */
public sealed interface AttestationResultOutcome {
  /** What was found when the decision was taken, signed. */
  record Issued(AttestationResult result) implements AttestationResultOutcome {}

  /** None. */
  record Denied(Denial denial) implements AttestationResultOutcome {}
}
