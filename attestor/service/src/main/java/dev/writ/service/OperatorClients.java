// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who may do what at the operators' TLS door. A client of whom nothing stands here has no role, whoever
 * vouches for its certificate.
 *
 * @param byUri roles by the one URI, such as a SPIFFE ID, among a certificate's alternative names
 * @param byKey roles by the SHA-256 of a certificate's SubjectPublicKeyInfo
 */
public record OperatorClients(Map<String, Set<Role>> byUri, Map<Hash, Set<Role>> byKey) {
  private static final int MAX_NAME = 256;

  /**
   * Copies both.
   *
   * @throws IllegalArgumentException if no client has a role, or one of them has none
   */
  public OperatorClients {
    byUri = Map.copyOf(byUri);
    byKey = Map.copyOf(byKey);
    if (byUri.isEmpty() && byKey.isEmpty()) {
      throw new IllegalArgumentException(
          "the operators' TLS door must have a client with a role, has none: nobody could ask it");
    }
    if (byUri.containsValue(Set.<Role>of()) || byKey.containsValue(Set.<Role>of())) {
      throw new IllegalArgumentException("each client must have a role, and one has none");
    }
  }

  /** Whose certificate it is: what its URI and what its key may do, together. */
  Caller caller(X509Certificate certificate) {
    Optional<String> uri = TlsIdentity.uri(certificate);
    Hash key = Hash.sha256(certificate.getPublicKey().getEncoded());
    Set<Role> roles = EnumSet.noneOf(Role.class);
    roles.addAll(uri.map(name -> byUri.getOrDefault(name, Set.of())).orElse(Set.of()));
    roles.addAll(byKey.getOrDefault(key, Set.of()));
    // Never a part of it: two callers would be one.
    String name = uri.filter(whole -> whole.length() <= MAX_NAME).orElse("sha256:" + key.hex());
    return new Caller(name, roles);
  }
}
