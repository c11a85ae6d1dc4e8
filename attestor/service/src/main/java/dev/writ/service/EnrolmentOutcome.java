// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import java.util.List;

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
   * @param akCertificate of the attestation key, DER, and after it that of the key that signed it
   */
  record Enrolled(TpmName akName, List<Octets> akCertificate) implements EnrolmentOutcome {}

  /** The host is not enrolled. */
  record Denied(Denial denial) implements EnrolmentOutcome {}
}
