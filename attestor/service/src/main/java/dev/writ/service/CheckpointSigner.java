// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;

/** Signs the ledger's checkpoints with a key in the token (C2SP signed-note, type 0x02). */
public final class CheckpointSigner implements NoteSigner {
  private final NoteKey noteKey;
  private final HsmKey key;

  /**
   * A signer for one log.
   *
   * @param origin the log's name, which is its key's name too
   */
  public CheckpointSigner(String origin, HsmKey key) {
    this.noteKey = NoteKey.ofP256(origin, key.publicKey());
    this.key = key;
  }

  @Override
  public NoteKey key() {
    return noteKey;
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    try {
      return key.signDer(text);
    } catch (HsmException e) {
      throw new NoteSigningException(
          e.ckrName().orElse(e.fault().name()), String.valueOf(e.getMessage()), e);
    }
  }
}
