// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.ServerCertificate;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * TLS credentials that the token's TLS key certifies: a fresh key each time, in memory, for a day at
 * most. Clients pin the TLS key, by the trust file.
 *
 * @param keys of which the TLS key certifies
 * @param names by which clients know the door: DNS names and IP addresses
 * @param validity of each
 * @param clock says what time it is
 * @param random makes keys and serial numbers
 */
public record TlsCredentialHsm(
    IssuerKeys keys,
    List<String> names,
    Duration validity,
    InstantSource clock,
    SecureRandom random)
    implements TlsCredentialSource {
  /** Copies the names. */
  public TlsCredentialHsm {
    names = List.copyOf(names);
  }

  @Override
  public void whenSuperseded(Runnable renew) {
    keys.tlsAuthority().whenChanged(renew);
  }

  @Override
  public TlsCredential next() throws GeneralSecurityException {
    HsmKey authority = keys.tlsAuthority().key();
    try {
      ServerCertificate certificate =
          keys.signatures()
              .counted(
                  SignatureCounts.Kind.TLS_CERTIFICATE,
                  authority.spec(),
                  () ->
                      ServerCertificate.issue(authority, names, clock.instant(), validity, random));
      return new TlsCredential(certificate.privateKey(), certificate.chain());
    } catch (HsmException e) {
      throw new GeneralSecurityException(
          "the token must certify the door's key: " + e.getMessage(), e);
    }
  }
}
