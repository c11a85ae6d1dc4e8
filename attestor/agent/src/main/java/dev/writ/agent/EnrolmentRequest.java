// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;

/**
 * A host that wants to be known. Nothing in it is proven before its credential is activated.
 *
 * @param host the name under which the host asks to be known
 * @param endorsementCertificate the EK certificate as it lies in NV
 * @param endorsementKey the EK's public area
 * @param attestationKey the AK's public area
 */
public record EnrolmentRequest(
    String host,
    Octets endorsementCertificate,
    TpmtPublic endorsementKey,
    TpmtPublic attestationKey) {}
