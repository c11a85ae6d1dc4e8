// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** Creation data as a TPM makes it. */
final class Creations {
  static final Octets OUTSIDE_INFO = Octets.fromHex("0123456789abcdef");

  private Creations() {}

  /** Of a primary key of the endorsement hierarchy, with no PCR recorded. */
  static byte[] primary() {
    return CreationData.marshal(
        Optional.empty(),
        Octets.EMPTY,
        0,
        TpmName.ENDORSEMENT_HIERARCHY,
        TpmName.ENDORSEMENT_HIERARCHY,
        OUTSIDE_INFO);
  }

  /** Of a child, with the values of {@link Statement#ASKED} recorded. */
  static byte[] child(TpmName parent, TpmName parentQualifiedName) {
    return CreationData.marshal(
        Optional.of(Statement.ASKED),
        Statement.values(Statement.ASKED).pcrDigest(TpmAlg.SHA256).value(),
        0,
        parent,
        parentQualifiedName,
        OUTSIDE_INFO);
  }

  static CreationData parsed(byte[] bytes) {
    try {
      return CreationData.parse(bytes);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** From the parsed fields, not from the bytes that are kept. */
  static byte[] remarshalled(CreationData data) {
    return CreationData.marshal(
        data.pcrSelection(),
        data.pcrDigest(),
        data.locality(),
        data.parentName(),
        data.parentQualifiedName(),
        data.outsideInfo());
  }
}
