// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;

/** An ECDSA TPMT_SIGNATURE of this host's own TPM: sigAlg(2) hash(2) r(2B) s(2B). */
final class EcdsaSignature {
  private static final int SCALAR_BYTES = 32;

  private EcdsaSignature() {}

  /** r ‖ s, each padded to the curve's 32 bytes: the TPM may leave leading zeros out. */
  static byte[] p1363(byte[] tpmtSignature) {
    ByteBuffer wire = ByteBuffer.wrap(tpmtSignature);
    int algorithm = Short.toUnsignedInt(wire.getShort());
    if (algorithm != Template.ALG_ECDSA) {
      throw new IllegalStateException(
          String.format("a P-256 key must sign with ECDSA, was 0x%04x; this is a bug", algorithm));
    }
    wire.getShort();
    byte[] signature = new byte[2 * SCALAR_BYTES];
    for (int end = SCALAR_BYTES; end <= signature.length; end += SCALAR_BYTES) {
      int length = Short.toUnsignedInt(wire.getShort());
      wire.get(signature, end - length, length);
    }
    return signature;
  }
}
