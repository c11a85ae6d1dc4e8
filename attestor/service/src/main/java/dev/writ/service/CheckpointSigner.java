// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;

/**
 * Signs the ledger's checkpoints with a key in the token (C2SP signed-note): with the P-256 key, type
 * 0x02, which alone gives issuing authority, and where there is one with the Ed25519 key, type 0x01, which may
 * be outside the token.
 */
public final class CheckpointSigner implements NoteSigner {
  private final NoteKey noteKey;
  private final Key key;
  private final KeySpec spec;
  private final SignatureCounts counts;

  /** What signs, in the form of the note's type. */
  private interface Key {
    byte[] sign(byte[] text) throws HsmException;
  }

  private CheckpointSigner(NoteKey noteKey, Key key, KeySpec spec, SignatureCounts counts) {
    this.noteKey = noteKey;
    this.key = key;
    this.spec = spec;
    this.counts = counts;
  }

  /**
   * A signer for one log, of type 0x02.
   *
   * @param origin the log's name, which is its key's name too
   */
  static CheckpointSigner p256(String origin, HsmKey key, SignatureCounts counts) {
    return new CheckpointSigner(
        NoteKey.ofP256(origin, key.publicKey()), key::signDer, key.spec(), counts);
  }

  /**
   * A signer for one log, of type 0x01.
   *
   * @param origin the log's name, which is its key's name too
   */
  static CheckpointSigner ed25519(String origin, Ed25519Key key, SignatureCounts counts) {
    return new CheckpointSigner(
        NoteKey.ofEd25519(origin, key.point()), key::sign, key.spec(), counts);
  }

  @Override
  public NoteKey key() {
    return noteKey;
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    try {
      return counts.counted(SignatureCounts.Kind.CHECKPOINT, spec, () -> key.sign(text));
    } catch (HsmException e) {
      throw new NoteSigningException(
          e.ckrName().orElse(e.fault().name()), String.valueOf(e.getMessage()), e);
    }
  }
}
