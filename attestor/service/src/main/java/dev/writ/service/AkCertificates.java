// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.hsm.AkCertificate;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** Certifies attestation keys whose TPM activated its credential. */
final class AkCertificates {
  private final KeysInUse keys;
  private final SignatureCounts counts;
  private final Duration validity;
  private final InstantSource clock;
  private final SecureRandom random;

  AkCertificates(KeysInUse keys, Duration validity, InstantSource clock, SecureRandom random) {
    this.keys = keys;
    this.counts = keys.atStart().signatures();
    this.validity = validity;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A certificate, DER, and after it that of the key that signed it.
   *
   * @throws DeniedException if the token does not sign
   */
  List<Octets> issue(TpmtPublic ak, TrustedEndorsement.Device device) {
    HsmKey ca = keys.of(KeyRole.ATTESTATION).key();
    try {
      X509Certificate certificate =
          counts.counted(
              SignatureCounts.Kind.AK_CERTIFICATE,
              ca.spec(),
              () ->
                  AkCertificate.issue(
                      ca,
                      ak.key().subjectPublicKeyInfo(),
                      new AkCertificate.Device(
                          device.manufacturer(), device.model(), device.version()),
                      clock.instant(),
                      validity,
                      random));
      return List.of(Octets.of(certificate.getEncoded()), Octets.of(ca.certificate().getEncoded()));
    } catch (HsmException e) {
      throw new DeniedException(new Signing.Failed(e).denial());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("bug: a certificate that was written has no encoding", e);
    }
  }
}
