// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmEd25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;

/**
 * Signs the ledger's checkpoints with a key in the token (C2SP signed-note): with the P-256 key, type
 * 0x02, which alone gives issuing authority, and where the token has one with the Ed25519 key, type 0x01.
 */
public final class CheckpointSigner implements NoteSigner {
  private final NoteKey noteKey;
  private final Key key;

  /** What signs, in the form of the note's type. */
  private interface Key {
    byte[] sign(byte[] text) throws HsmException;
  }

  private CheckpointSigner(NoteKey noteKey, Key key) {
    this.noteKey = noteKey;
    this.key = key;
  }

  /**
   * A signer for one log, of type 0x02.
   *
   * @param origin the log's name, which is its key's name too
   */
  public CheckpointSigner(String origin, HsmKey key) {
    this(NoteKey.ofP256(origin, key.publicKey()), key::signDer);
  }

  /**
   * A signer for one log, of type 0x01.
   *
   * @param origin the log's name, which is its key's name too
   */
  public static CheckpointSigner ed25519(String origin, HsmEd25519Key key) {
    return new CheckpointSigner(NoteKey.ofEd25519(origin, key.point()), key::sign);
  }

  @Override
  public NoteKey key() {
    return noteKey;
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    try {
      return key.sign(text);
    } catch (HsmException e) {
      throw new NoteSigningException(
          e.ckrName().orElse(e.fault().name()), String.valueOf(e.getMessage()), e);
    }
  }
}
