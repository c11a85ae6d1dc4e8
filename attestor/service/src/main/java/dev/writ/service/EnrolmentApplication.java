// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import java.util.Optional;

/**
 * What a host sends to be enrolled: well formed, and nothing of it believed.
 *
 * @param hostName the name under which it wants to be known
 * @param ekCertificate the endorsement certificate as it lies in NV
 * @param ekChain what the TPM carries to complete the certificate's chain
 * @param ek the endorsement key that the certificate is said to be of
 * @param ak the attestation key
 * @param invitation the secret of an operator's invitation; not needed by a host that is listed
 */
public record EnrolmentApplication(
    String hostName,
    Octets ekCertificate,
    EkChain ekChain,
    TpmtPublic ek,
    TpmtPublic ak,
    Optional<Octets> invitation) {
  @Override
  public String toString() {
    return "EnrolmentApplication(" + ak.name() + ")";
  }
}
