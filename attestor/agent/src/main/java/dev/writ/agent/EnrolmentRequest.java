// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import java.util.Optional;

/**
 * A host that wants to be known. Nothing in it is proven before its credential is activated.
 *
 * @param host the name under which the host asks to be known
 * @param endorsementCertificate the EK certificate as it lies in NV
 * @param endorsementChain what the TPM carries to complete that certificate's chain
 * @param endorsementKey the EK's public area
 * @param attestationKey the AK's public area
 * @param invitation the secret of an operator's {@link Invitation}; absent where the operator listed
 *     the endorsement key
 */
public record EnrolmentRequest(
    String host,
    Octets endorsementCertificate,
    EkChain endorsementChain,
    TpmtPublic endorsementKey,
    TpmtPublic attestationKey,
    Optional<Octets> invitation) {
  /** Whoever reads the secret can enrol in this host's place. */
  @Override
  public String toString() {
    return "enrolment of " + host + (invitation.isPresent() ? ", invited" : "");
  }
}
