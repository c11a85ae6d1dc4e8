// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Verifies certifications of instance keys (TPM2_Certify, Part 3, 18.2): the steps of {@link
 * QuoteVerifier} up to the qualifying data, then
 *
 * <ol>
 *   <li>the certified name is that of the public area presented, computed over the bytes received
 *   <li>the key was made in this TPM and cannot leave it: fixedTPM, fixedParent, sensitiveDataOrigin
 *   <li>it signs, and is neither restricted nor for decryption: it can sign requests
 *   <li>it is an ECC key on P-256, free in its scheme or bound to ECDSA with SHA-256
 * </ol>
 */
public final class KeyCertificationVerifier {
  private static final Set<ObjectAttribute> REQUIRED =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.SIGN);

  private static final Set<ObjectAttribute> FORBIDDEN =
      EnumSet.of(ObjectAttribute.RESTRICTED, ObjectAttribute.DECRYPT, ObjectAttribute.X509_SIGN);

  private KeyCertificationVerifier() {}

  /** Verifies the certification of an evidence package. */
  public static KeyCertificationOutcome verify(
      Evidence.KeyCertification certification, EnrolledAk ak, byte[] qualifyingData) {
    return verify(
        certification.key(), certification.attest(), certification.signature(), ak, qualifyingData);
  }

  /**
   * Verifies a certification.
   *
   * @param key the public area presented as the instance key's
   * @param qualifyingData what the TPM was to sign along with the key's name
   */
  public static KeyCertificationOutcome verify(
      TpmtPublic key,
      TpmsAttest attest,
      TpmtSignature signature,
      EnrolledAk ak,
      byte[] qualifyingData) {
    Optional<AttestRefusal> refusal =
        AttestVerifier.verify(attest, signature, AttestType.CERTIFY, ak, qualifyingData);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (!(attest.attested() instanceof Attested.Certify certify)) {
      throw new IllegalStateException("bug: a statement of type CERTIFY holds no certification");
    }
    if (!certify.name().equals(key.name())) {
      return new KeyCertificationOutcome.NameMismatch(certify.name(), key.name());
    }
    if (key.nameAlg() == TpmAlg.SHA1) {
      return new KeyCertificationOutcome.KeyNameAlgSha1();
    }
    for (ObjectAttribute required : REQUIRED) {
      if (!key.attributes().contains(required)) {
        return new KeyCertificationOutcome.KeyAttributeMissing(required);
      }
    }
    for (ObjectAttribute forbidden : FORBIDDEN) {
      if (key.attributes().contains(forbidden)) {
        return new KeyCertificationOutcome.KeyAttributeForbidden(forbidden);
      }
    }
    return p256(key, ak);
  }

  private static KeyCertificationOutcome p256(TpmtPublic key, EnrolledAk ak) {
    PublicKeyArea.Scheme scheme = key.key().scheme();
    boolean es256 =
        scheme.algorithm() == TpmAlg.NULL
            || scheme.equals(new PublicKeyArea.Scheme(TpmAlg.ECDSA, Optional.of(TpmAlg.SHA256)));
    if (!(key.key() instanceof PublicKeyArea.Ecc ecc) || ecc.curve() != TpmCurve.P256 || !es256) {
      return new KeyCertificationOutcome.KeyNotP256(key.key().type() + " " + scheme);
    }
    try {
      return new CertifiedKey(ak, key, key.toEcPublicKey());
    } catch (MalformedEvidenceException e) {
      return new KeyCertificationOutcome.KeyNotP256(e.actual());
    }
  }
}
