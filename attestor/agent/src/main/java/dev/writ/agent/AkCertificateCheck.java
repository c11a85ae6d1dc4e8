// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Octets;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/**
 * Whether what a service certified is this host's own key. Who believes the service judges the rest
 * ({@link dev.writ.evidence.AkCertificateVerifier}); this keeps a host from showing what nobody will
 * believe.
 */
final class AkCertificateCheck {
  private AkCertificateCheck() {}

  /**
   * Refuses another's certificate.
   *
   * @throws AttestationFailedException if the first certificate is not of this key, signed by the key
   *     of the second
   */
  static void require(EnrolledAk ak, Enrolled enrolled) throws AttestationFailedException {
    List<Octets> chain = enrolled.akCertificate();
    try {
      X509Certificate certificate = read(chain.get(0));
      certificate.verify(read(chain.get(1)).getPublicKey());
      if (enrolled.akName().equals(ak.name())
          && Arrays.equals(
              certificate.getPublicKey().getEncoded(),
              ak.publicArea().key().subjectPublicKeyInfo())) {
        return;
      }
    } catch (GeneralSecurityException | IndexOutOfBoundsException e) {
      throw new AttestationFailedException(
          "the service's certificate for this host's attestation key cannot be read", e);
    }
    throw new AttestationFailedException(
        "the service must certify this host's attestation key, and certified another: is this the"
            + " service that was meant?");
  }

  private static X509Certificate read(Octets der) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(der.bytes()));
  }
}
