// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** What an operator shows a server that asks who its client is: a certificate, and proof of its key. */
public final class ClientCredential implements ShownCredential {
  private final PrivateKey key;
  private final List<X509Certificate> chain;

  /**
   * A credential.
   *
   * @param key of the first certificate
   * @param chain at least one, its own first
   */
  public ClientCredential(PrivateKey key, List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a credential must have a certificate, has none");
    }
    this.key = key;
    this.chain = List.copyOf(chain);
  }

  @Override
  public String keyType() {
    return key.getAlgorithm();
  }

  @Override
  public X509Certificate[] certificates() {
    return chain.toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey privateKey() {
    return key;
  }

  @Override
  public String toString() {
    return "client credential of " + chain.get(0).getSubjectX500Principal();
  }
}
