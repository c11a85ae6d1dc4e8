// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A real key that fails or hangs when it is told to. */
final class ScriptedSigner implements NoteSigner {
  final AtomicInteger signatures = new AtomicInteger();
  private volatile Optional<Exception> failure = Optional.empty();
  private volatile CountDownLatch gate = new CountDownLatch(0);

  void failWith(Exception with) {
    failure = Optional.of(with);
  }

  void recover() {
    failure = Optional.empty();
  }

  CountDownLatch hang() {
    gate = new CountDownLatch(1);
    return gate;
  }

  @Override
  public NoteKey key() {
    return TestLedgers.SIGNER.key();
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (failure.orElse(null) instanceof NoteSigningException scripted) {
      throw scripted;
    }
    if (failure.orElse(null) instanceof RuntimeException scripted) {
      throw scripted;
    }
    signatures.incrementAndGet();
    return TestLedgers.SIGNER.sign(text);
  }
}
