// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Instant;

/**
 * An attestation key that a believed authority certified. Only {@link AkCertificateVerifier} makes
 * one.
 */
public final class TrustedAkCertificate implements AkCertificateOutcome {
  private final EnrolledAk ak;
  private final TrustedEndorsement.Device device;
  private final Instant notAfter;

  TrustedAkCertificate(EnrolledAk ak, TrustedEndorsement.Device device, Instant notAfter) {
    this.ak = ak;
    this.device = device;
    this.notAfter = notAfter;
  }

  /** The key. */
  public EnrolledAk ak() {
    return ak;
  }

  /** What the certificate calls the TPM. */
  public TrustedEndorsement.Device device() {
    return device;
  }

  /** End of the certificate's validity. */
  public Instant notAfter() {
    return notAfter;
  }

  @Override
  public String toString() {
    return "TrustedAkCertificate(" + ak.name() + ", " + device + ", until " + notAfter + ")";
  }
}
