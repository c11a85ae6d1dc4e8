// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.interfaces.ECPublicKey;

/**
 * An instance key that the TPM of {@link #ak} holds and never gives away. Only {@link
 * KeyCertificationVerifier} makes one.
 */
public final class CertifiedKey implements KeyCertificationOutcome {
  private final EnrolledAk ak;
  private final TpmtPublic publicArea;
  private final ECPublicKey publicKey;

  CertifiedKey(EnrolledAk ak, TpmtPublic publicArea, ECPublicKey publicKey) {
    this.ak = ak;
    this.publicArea = publicArea;
    this.publicKey = publicKey;
  }

  /** The attestation key that certified it. */
  public EnrolledAk ak() {
    return ak;
  }

  /** The key's public area. */
  public TpmtPublic publicArea() {
    return publicArea;
  }

  /** The key's name. */
  public TpmName name() {
    return publicArea.name();
  }

  /** The key on P-256. */
  public ECPublicKey publicKey() {
    return publicKey;
  }

  @Override
  public String toString() {
    return "CertifiedKey(" + name() + ")";
  }
}
