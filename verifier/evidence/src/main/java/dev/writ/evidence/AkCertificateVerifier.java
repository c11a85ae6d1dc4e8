// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.x509.Extension;

/**
 * Verifies that an authority vouches for an attestation key (RFC 5280, 6; extended key usage and names
 * as the TCG's credential profiles have them), one step after the other:
 *
 * <ol>
 *   <li>the certificate can be read to its last byte
 *   <li>its subject alternative name names the TPM, is critical where the subject is empty, and names
 *       the TPM of the endorsement where that is known
 *   <li>it is for the key presented
 *   <li>it is for an attestation key and nothing else: no CA, extended key usage
 *       tcg-kp-AIKCertificate alone, key usage digitalSignature alone and critical, no critical
 *       extension beyond those that are understood
 *   <li>a path leads to a believed root, is valid by RFC 5280, and each certificate of it is valid now
 *       and revoked by no list that was given
 * </ol>
 *
 * <p>This is stricter than {@link EndorsementVerifier}: certificates of attestation keys are made by
 * services, not by factories, and one that has run out is renewed. That the key is a TPM's at all is
 * the authority's word; whether its attributes stop it from signing anything but the TPM's own
 * statements is judged here too, where its public area is at hand ({@link EnrolledAk#of}).
 */
public final class AkCertificateVerifier {
  /** tcg-kp-AIKCertificate. */
  static final String EKU_AK_CERTIFICATE = "2.23.133.8.3";

  private static final int DIGITAL_SIGNATURE = 0;

  /** Extensions that may be critical: key usage, SAN, basic constraints, policies, EKU. */
  private static final Set<String> UNDERSTOOD =
      Set.of("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.32", "2.5.29.37");

  private final EndorsementTrust trust;

  /** A verifier that believes the authorities of {@code trust}. */
  public AkCertificateVerifier(EndorsementTrust trust) {
    this.trust = trust;
  }

  /**
   * Verifies a certificate.
   *
   * @param certificate in DER, nothing before or after it
   * @param ak the attestation key; one that may not attest is for the caller to refuse before
   * @param device what the endorsement of the same TPM calls it, where that is known
   * @param now the moment to judge for
   */
  public AkCertificateOutcome verify(
      byte[] certificate, EnrolledAk ak, Optional<TrustedEndorsement.Device> device, Instant now) {
    try {
      requireWhole(certificate);
      // Java's own parser refuses some of what is told apart here, and says less.
      EkCertificate named = EkCertificate.parse(certificate);
      Optional<AkCertificateOutcome.Refused> name = name(named, device);
      if (name.isPresent()) {
        return name.get();
      }
      X509Certificate x509 = named.x509();
      if (!Arrays.equals(
          x509.getPublicKey().getEncoded(), ak.publicArea().key().subjectPublicKeyInfo())) {
        return new AkCertificateOutcome.PublicMismatch();
      }
      Optional<AkCertificateOutcome.Refused> use = use(x509);
      return use.isPresent() ? use.get() : chain(x509, ak, named.device().orElseThrow(), now);
    } catch (MalformedEvidenceException e) {
      return new AkCertificateOutcome.CertificateMalformed(String.valueOf(e.getMessage()));
    }
  }

  /** An endorsement certificate may have padding; nothing may follow here. */
  private static void requireWhole(byte[] der) throws MalformedEvidenceException {
    int length = EkCertificate.derLength("akCertificate", der, 0);
    if (length != der.length) {
      throw new MalformedEvidenceException(
          "akCertificate", length, "at its end", "followed by " + (der.length - length) + " bytes");
    }
  }

  /** What the certificate is for. */
  private static Optional<AkCertificateOutcome.Refused> use(X509Certificate x509)
      throws MalformedEvidenceException {
    if (x509.getBasicConstraints() >= 0) {
      return Optional.of(new AkCertificateOutcome.CertificateIsCa());
    }
    List<String> usages = EndorsementTrust.extendedKeyUsage(x509, "akCertificate");
    if (!usages.equals(List.of(EKU_AK_CERTIFICATE))) {
      return Optional.of(
          new AkCertificateOutcome.ExtendedKeyUsageWrong(usages.isEmpty() ? "none" : "" + usages));
    }
    Set<String> critical = x509.getCriticalExtensionOIDs();
    Set<String> demanded = critical == null ? Set.of() : critical;
    if (!demanded.contains(Extension.keyUsage.getId()) || !signsAlone(x509.getKeyUsage())) {
      return Optional.of(new AkCertificateOutcome.KeyUsageWrong());
    }
    return demanded.stream()
        .filter(oid -> !UNDERSTOOD.contains(oid))
        .sorted()
        .<AkCertificateOutcome.Refused>map(AkCertificateOutcome.CriticalExtensionUnknown::new)
        .findFirst();
  }

  private static boolean signsAlone(boolean[] usage) {
    for (int i = 0; i < usage.length; i++) {
      if (usage[i] != (i == DIGITAL_SIGNATURE)) {
        return false;
      }
    }
    return true;
  }

  private static Optional<AkCertificateOutcome.Refused> name(
      EkCertificate certificate, Optional<TrustedEndorsement.Device> endorsed) {
    Optional<TrustedEndorsement.Device> named = certificate.device();
    if (named.isEmpty()) {
      return wrong("a directory name with manufacturer, model and version is missing");
    }
    if (certificate.hasEmptySubject() && !certificate.isSubjectAlternativeNameCritical()) {
      return wrong("it must be critical, because the subject is empty");
    }
    return endorsed.isPresent() && !endorsed.equals(named)
        ? wrong("it must be " + endorsed.get() + ", was " + named.get())
        : Optional.empty();
  }

  private static Optional<AkCertificateOutcome.Refused> wrong(String defect) {
    return Optional.of(new AkCertificateOutcome.SubjectAlternativeNameWrong(defect));
  }

  private AkCertificateOutcome chain(
      X509Certificate x509, EnrolledAk ak, TrustedEndorsement.Device device, Instant now) {
    EndorsementPath paths = new EndorsementPath(trust, List.of());
    EndorsementPath.Outcome outcome = paths.find(x509);
    if (outcome instanceof EndorsementPath.Unrooted unrooted) {
      return new AkCertificateOutcome.IssuerUnknown(unrooted.missing());
    }
    if (outcome instanceof EndorsementPath.Abandoned) {
      return new AkCertificateOutcome.PathSearchAbandoned();
    }
    if (outcome instanceof EndorsementPath.Broken broken) {
      return new AkCertificateOutcome.ChainInvalid(broken.defect());
    }
    EndorsementPath.Found path = (EndorsementPath.Found) outcome;
    for (X509Certificate each : path.certificates()) {
      Instant notBefore = each.getNotBefore().toInstant();
      Instant notAfter = each.getNotAfter().toInstant();
      if (now.isBefore(notBefore) || now.isAfter(notAfter)) {
        return new AkCertificateOutcome.OutsideValidity(notBefore, notAfter);
      }
    }
    Optional<X509Certificate> revoked = paths.revoked(path);
    return revoked.isPresent()
        ? new AkCertificateOutcome.Revoked(revoked.get().getSerialNumber().toString(16))
        : new TrustedAkCertificate(ak, device, x509.getNotAfter().toInstant());
  }
}
