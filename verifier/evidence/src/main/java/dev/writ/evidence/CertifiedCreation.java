// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * An object that the TPM of {@link #ak} made under the circumstances expected. Only {@link
 * CreationCertificationVerifier} makes one.
 */
public final class CertifiedCreation implements CreationOutcome {
  private final EnrolledAk ak;
  private final TpmtPublic publicArea;
  private final CreationData data;

  CertifiedCreation(EnrolledAk ak, TpmtPublic publicArea, CreationData data) {
    this.ak = ak;
    this.publicArea = publicArea;
    this.data = data;
  }

  /** The attestation key that certified it. */
  public EnrolledAk ak() {
    return ak;
  }

  /** The object's public area. */
  public TpmtPublic publicArea() {
    return publicArea;
  }

  /** How it was made. */
  public CreationData data() {
    return data;
  }

  /**
   * The object's qualified name, which follows from its parent's: of an attestation key what {@link
   * EnrolledAk#withQualifiedName} takes.
   */
  public TpmName qualifiedName() {
    return CreationCertificationVerifier.qualifiedName(publicArea, data);
  }

  @Override
  public String toString() {
    return "CertifiedCreation(" + publicArea.name() + ")";
  }
}
