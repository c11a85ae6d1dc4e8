// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * What a TLS door shows, and proves with. {@link #toString} shows no key.
 *
 * @param key of the first certificate
 * @param chain the door's certificate, then those that vouch for it
 */
public record TlsCredential(PrivateKey key, List<X509Certificate> chain) {
  /**
   * Copies the chain.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public TlsCredential {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a TLS credential must have a certificate, has none");
    }
  }

  /** From when it holds. */
  Instant notBefore() {
    return chain.get(0).getNotBefore().toInstant();
  }

  /** Until when it holds. */
  Instant notAfter() {
    return chain.get(0).getNotAfter().toInstant();
  }

  @Override
  public String toString() {
    return "TLS credential of " + chain.get(0).getSubjectX500Principal() + " until " + notAfter();
  }
}
