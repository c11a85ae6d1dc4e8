// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;

/** A witness that cosigns whatever it is shown (c2sp.org/tlog-cosignature, type 0x04). */
record TestWitness(String name, KeyPair pair, NoteKey key) {
  static final long TIME = 1_679_315_147;

  TestWitness(String name) {
    this(name, TestKeys.ed25519());
  }

  private TestWitness(String name, KeyPair pair) {
    this(name, pair, NoteKey.ofCosigner(name + ".example", TestKeys.point(pair)));
  }

  NoteSignature cosign(Checkpoint checkpoint) {
    return cosign(checkpoint.noteText(), TIME);
  }

  NoteSignature cosign(byte[] text, long time) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(pair.getPrivate());
      signature.update(("cosignature/v1\ntime " + time + "\n").getBytes(StandardCharsets.US_ASCII));
      signature.update(text);
      byte[] ed25519 = signature.sign();
      byte[] timed = ByteBuffer.allocate(8 + ed25519.length).putLong(time).put(ed25519).array();
      return new NoteSignature(key.name(), key.keyId(), timed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
