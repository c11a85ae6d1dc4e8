// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Verifies with one key under one algorithm, from any thread.
 *
 * <p>A {@link Signature} serves one thread at a time, and looking one up and giving it its key costs
 * as much as a fast provider's verification. Engines that are not in use wait here; there are never
 * more than threads that verified at the same time.
 */
final class SignatureEngines {
  /** How to get an engine from the provider that was chosen. */
  @FunctionalInterface
  interface Source {
    Signature get() throws GeneralSecurityException;
  }

  private final Source source;
  private final PublicKey key;
  private final ConcurrentLinkedDeque<Signature> idle = new ConcurrentLinkedDeque<>();

  /**
   * Engines from {@code source} for {@code key}.
   *
   * @throws IllegalArgumentException if the source has no engine, or its engine refuses the key
   */
  SignatureEngines(Source source, PublicKey key) {
    this.source = source;
    this.key = key;
    try {
      idle.push(open());
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "a provider must verify " + key.getAlgorithm() + " signatures with this key", e);
    }
  }

  /**
   * Whether {@code signature} is one of the key over {@code prefix} and the bytes of {@code message}.
   */
  boolean verify(byte[] prefix, byte[] message, int offset, int length, byte[] signature) {
    Signature engine = Optional.ofNullable(idle.poll()).orElseGet(this::openAgain);
    try {
      engine.update(prefix);
      engine.update(message, offset, length);
      boolean verified = engine.verify(signature);
      idle.push(engine);
      return verified;
    } catch (SignatureException e) {
      // The provider could not read the signature; what state the engine is in, nobody promises.
      return false;
    }
  }

  private Signature open() throws GeneralSecurityException, InvalidKeyException {
    Signature engine = source.get();
    engine.initVerify(key);
    return engine;
  }

  private Signature openAgain() {
    try {
      return open();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a provider that made one engine must make another", e);
    }
  }
}
