// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.Signature;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's Signature objects of one key and one encoding, each used by one thread at a time and never
 * more of them than the token has turns.
 *
 * <p>An idle one holds no session: SunPKCS11 takes one from its own pool with the first byte that is
 * to be signed and gives it back with the signature. The one last used is taken first.
 */
final class SignaturePool {
  private final Token token;
  private final KeySpec spec;
  private final PrivateKey key;
  private final String algorithm;
  private final ConcurrentLinkedDeque<Signature> idle = new ConcurrentLinkedDeque<>();

  SignaturePool(Token token, KeySpec spec, PrivateKey key, String algorithm) {
    this.token = token;
    this.spec = spec;
    this.key = key;
    this.algorithm = algorithm;
  }

  byte[] sign(byte[] message) throws HsmException {
    token.beginTurn();
    try {
      @Nullable Signature signer = idle.pollFirst();
      if (signer == null) {
        signer = Signature.getInstance(algorithm, token.provider());
        signer.initSign(key);
      }
      signer.update(message);
      byte[] signature = signer.sign();
      // Only after success: one that failed may hold a session in an unknown state, and is dropped.
      idle.addFirst(signer);
      return signature;
    } catch (GeneralSecurityException | ProviderException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must sign with the key " + spec + ", and failed", e);
    } finally {
      token.endTurn();
    }
  }
}
