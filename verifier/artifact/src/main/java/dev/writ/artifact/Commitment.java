// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.security.SecureRandom;

/**
 * A value in an append-only ledger that can still be forgotten: {@code H("writ-commitment-v1", salt,
 * SHA-256(value))} with 32 secret random bytes of salt. Who has salt and value can show what was
 * committed to; once the salt is erased nobody can, not by guessing either.
 *
 * @param digest what stands in the leaf
 */
public record Commitment(Hash digest) {
  /** Length of a salt in bytes. */
  public static final int SALT_BYTES = Hash.BYTES;

  /** A fresh salt. Each commitment has its own: a shared one shows which values are equal. */
  public static byte[] newSalt(SecureRandom random) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    return salt;
  }

  /**
   * The commitment to {@code value}.
   *
   * @param salt exactly 32 bytes
   * @throws IllegalArgumentException if the salt has another length
   */
  public static Commitment of(byte[] salt, byte[] value) {
    return new Commitment(LabelledHash.of("writ-commitment-v1", Hash.of(salt), Hash.sha256(value)));
  }

  /** Whether {@code salt} and {@code value} are what was committed to. */
  public boolean opensWith(byte[] salt, byte[] value) {
    return salt.length == SALT_BYTES && of(salt, value).equals(this);
  }
}
