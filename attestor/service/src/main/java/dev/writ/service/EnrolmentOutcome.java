// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;

/** How a step of enrolment ended. */
public sealed interface EnrolmentOutcome {
  /**
   * The host's keys are acceptable; that both are in one TPM is still to be shown.
   *
   * @param session to be sent back with the secret, unchanged
   * @param credential the secret, readable by that TPM alone
   */
  record Activation(Octets session, TpmCredential credential) implements EnrolmentOutcome {}

  /**
   * The host is enrolled, and the ledger says so.
   *
   * @param akName by which it is known
   */
  record Enrolled(TpmName akName) implements EnrolmentOutcome {}

  /** The host is not enrolled. */
  record Denied(Denial denial) implements EnrolmentOutcome {}
}
