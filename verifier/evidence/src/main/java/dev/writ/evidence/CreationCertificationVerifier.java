// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/**
 * Verifies certifications of creations (TPM2_CertifyCreation, Part 3, 18.3): the steps of {@link
 * QuoteVerifier} up to the qualifying data, then
 *
 * <ol>
 *   <li>the certified name is that of the public area presented, and does not rest on SHA-1
 *   <li>the certified digest is that of the creation data presented, with the object's nameAlg, over
 *       the bytes received
 *   <li>where the object is the attestation key itself: the signer is named as its place makes it
 *   <li>parent, qualified parent, outsideInfo and locality are those expected
 * </ol>
 *
 * <p>The object's attributes are not judged: {@link EnrolledAk} and {@link KeyCertificationVerifier}
 * judge those of the keys that they are asked about.
 */
public final class CreationCertificationVerifier {
  private CreationCertificationVerifier() {}

  /**
   * Verifies a certification of a creation.
   *
   * @param created the public area presented as the created object's
   * @param data how it was made, as presented
   * @param qualifyingData what the TPM was to sign along with it
   * @param expected how it must have been made
   */
  public static CreationOutcome verify(
      TpmtPublic created,
      CreationData data,
      TpmsAttest attest,
      TpmtSignature signature,
      EnrolledAk ak,
      byte[] qualifyingData,
      CreationExpectation expected) {
    Optional<AttestRefusal> refusal =
        AttestVerifier.verify(attest, signature, AttestType.CREATION, ak, qualifyingData);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (!(attest.attested() instanceof Attested.Creation creation)) {
      throw new IllegalStateException("bug: a statement of type CREATION holds no creation");
    }
    if (!creation.objectName().equals(created.name())) {
      return new CreationOutcome.CreatedNameMismatch(creation.objectName(), created.name());
    }
    if (created.nameAlg() == TpmAlg.SHA1) {
      return new CreationOutcome.CreatedNameAlgSha1();
    }
    TpmDigest digest = data.digest(created.nameAlg());
    if (!digest.value().equals(creation.creationHash())) {
      return new CreationOutcome.CreationHashMismatch(creation.creationHash(), digest);
    }
    TpmName qualifiedName = qualifiedName(created, data);
    if (created.name().equals(ak.name()) && !attest.qualifiedSigner().equals(qualifiedName)) {
      return new AttestRefusal.SignerMismatch(qualifiedName, attest.qualifiedSigner());
    }
    return circumstances(data, expected).orElseGet(() -> new CertifiedCreation(ak, created, data));
  }

  private static Optional<CreationOutcome> circumstances(
      CreationData data, CreationExpectation expected) {
    if (!data.parentName().equals(expected.parentName())) {
      return Optional.of(
          new CreationOutcome.ParentMismatch(expected.parentName(), data.parentName()));
    }
    if (!data.parentQualifiedName().equals(expected.parentQualifiedName())) {
      return Optional.of(
          new CreationOutcome.ParentMismatch(
              expected.parentQualifiedName(), data.parentQualifiedName()));
    }
    if (!data.outsideInfo().equalsInConstantTime(expected.outsideInfo().bytes())) {
      return Optional.of(new CreationOutcome.OutsideInfoMismatch());
    }
    if (data.locality() != expected.locality()) {
      return Optional.of(
          new CreationOutcome.LocalityMismatch(expected.locality(), data.locality()));
    }
    return Optional.empty();
  }

  static TpmName qualifiedName(TpmtPublic created, CreationData data) {
    return created.name().qualifiedUnder(data.parentQualifiedName());
  }
}
