// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** How a token signs (PKCS#11 v2.40 and v3.0, Current Mechanisms). */
enum Mechanism {
  /** CKM_ECDSA: over a digest; r and s behind each other, each of the curve's length. */
  ECDSA(0x1041),
  /** CKM_EDDSA without parameters: pure Ed25519 over the message itself (RFC 8032, section 5.1). */
  EDDSA(0x1057);

  private final long code;

  Mechanism(long code) {
    this.code = code;
  }

  /** CK_MECHANISM_TYPE. */
  long code() {
    return code;
  }
}
