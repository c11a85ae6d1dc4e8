// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/**
 * A key that signs notes, wherever it lives.
 *
 * <p>Whoever holds one decides what a log says: hand it nothing but checkpoints of that log, never
 * bytes that a caller chose.
 */
public interface NoteSigner {
  /** The key that verifies what this signs. */
  NoteKey key();

  /**
   * The signature over {@code text} in the form of the key's type, without key ID: for type 0x01 64
   * bytes, for type 0x02 DER.
   *
   * @throws NoteSigningException if the key could not sign, for now or for ever
   */
  byte[] sign(byte[] text) throws NoteSigningException;
}
