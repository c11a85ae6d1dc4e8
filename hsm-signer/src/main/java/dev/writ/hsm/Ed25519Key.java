// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.security.interfaces.EdECPublicKey;

/** An Ed25519 key that signs (RFC 8032): in a token, or in memory where the token has no such keys. */
public sealed interface Ed25519Key permits HsmEd25519Key, MemoryEd25519Key {
  /** Which key it is; the names are a token's where it is in one. */
  KeySpec spec();

  /** Where its private half is kept. */
  KeyStorage storage();

  /** The public half. */
  EdECPublicKey publicKey();

  /** The signature over {@code message} itself, 64 bytes (RFC 8032, section 5.1.6). */
  byte[] sign(byte[] message) throws HsmException;

  /** The public half as an encoded point, 32 bytes (RFC 8032, section 5.1.2). */
  default byte[] point() {
    return KeyAlgorithm.edwardsPoint(publicKey());
  }
}
