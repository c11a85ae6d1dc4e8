// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** An ECDSA TPMT_SIGNATURE on P-256: sigAlg(2) hash(2) r(2B) s(2B). */
final class EcdsaSignature {
  private static final int SCALAR_BYTES = 32;

  private EcdsaSignature() {}

  /** r ‖ s of this host's own TPM, each padded to the curve's 32 bytes: the TPM may leave leading zeros out. */
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

  /** The TPMT_SIGNATURE, with SHA-256, of r ‖ s, 32 bytes each. */
  static byte[] tpmt(byte[] p1363) {
    return new Template.Wire()
        .u16(Template.ALG_ECDSA)
        .u16(Template.ALG_SHA256)
        .sized(Arrays.copyOfRange(p1363, 0, SCALAR_BYTES))
        .sized(Arrays.copyOfRange(p1363, SCALAR_BYTES, 2 * SCALAR_BYTES))
        .bytes();
  }
}
