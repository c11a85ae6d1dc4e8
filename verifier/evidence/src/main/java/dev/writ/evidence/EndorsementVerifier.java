// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Verifies that a TPM manufacturer vouches for an endorsement key (TCG EK Credential Profile 2.5, 3;
 * RFC 5280, 6), one step after the other:
 *
 * <ol>
 *   <li>the certificate can be read, and is for the key that the TPM presented
 *   <li>its subject alternative name names the TPM, and is critical where the subject is empty
 *   <li>it is for an endorsement key and nothing else: no CA, extended key usage tcg-kp-EKCertificate,
 *       key usage of its kind of key, no critical extension beyond those that are understood
 *   <li>a path leads to a configured root and is valid by RFC 5280 at the moment when its youngest
 *       certificate began
 *   <li>each certificate of it is valid already, and none is revoked by a list that was given
 * </ol>
 *
 * <p>An end of validity is a finding and no refusal: TPMs outlive their certificates, and
 * manufacturers' own chains have run out. That the host holds the key is not shown here but by
 * credential activation ({@link MakeCredential}).
 */
public final class EndorsementVerifier {
  /** tcg-kp-EKCertificate. */
  static final String EKU_EK_CERTIFICATE = "2.23.133.8.1";

  /** Extensions that may be critical: key usage, SAN, basic constraints, policies, EKU. */
  private static final Set<String> UNDERSTOOD =
      Set.of("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.32", "2.5.29.37");

  // Bits of KeyUsage, RFC 5280, 4.2.1.3.
  private static final int KEY_ENCIPHERMENT = 2;
  private static final int KEY_AGREEMENT = 4;
  private static final int KEY_CERT_SIGN = 5;

  /** What swtpm_localca writes as the model. */
  private static final String SIMULATOR_MODEL = "swtpm";

  private final EndorsementTrust trust;

  /** A verifier that believes {@code trust}. */
  public EndorsementVerifier(EndorsementTrust trust) {
    this.trust = trust;
  }

  /** Verifies a certificate, with nothing between it and the configured certificates. */
  public EndorsementOutcome verify(byte[] ekCertificate, TpmtPublic ekPublic, Instant now) {
    return verify(ekCertificate, EkChain.NONE, ekPublic, now);
  }

  /**
   * Verifies a certificate.
   *
   * @param ekCertificate the certificate in DER, or the content of the NV index that holds it
   * @param presented certificates that came with it, believed only below a root; those that cannot be
   *     read, or whose keys would be costly to verify with, are passed over
   * @param ekPublic the endorsement key as the TPM presented it
   * @param now the moment to judge for
   */
  public EndorsementOutcome verify(
      byte[] ekCertificate, EkChain presented, TpmtPublic ekPublic, Instant now) {
    try {
      EkCertificate certificate = EkCertificate.parse(ekCertificate);
      if (!certificate.certifies(ekPublic.key())) {
        return new EndorsementOutcome.PublicMismatch();
      }
      Optional<EndorsementOutcome.Refused> name = subjectAlternativeName(certificate);
      if (name.isPresent()) {
        return name.get();
      }
      X509Certificate x509 = certificate.x509();
      Optional<EndorsementOutcome.Refused> use = use(x509, ekPublic.key());
      if (use.isPresent()) {
        return use.get();
      }
      List<X509Certificate> readable =
          presented.certificates().stream().flatMap(each -> readable(each).stream()).toList();
      EndorsementPath paths = new EndorsementPath(trust, readable);
      EndorsementPath.Outcome outcome = paths.find(x509);
      if (outcome instanceof EndorsementPath.Unrooted unrooted) {
        return new EndorsementOutcome.IssuerUnknown(unrooted.missing());
      }
      if (outcome instanceof EndorsementPath.Abandoned) {
        return new EndorsementOutcome.PathSearchAbandoned();
      }
      if (outcome instanceof EndorsementPath.Broken broken) {
        return new EndorsementOutcome.ChainInvalid(broken.defect());
      }
      EndorsementPath.Found path = (EndorsementPath.Found) outcome;
      Optional<X509Certificate> revoked = paths.revoked(path);
      if (revoked.isPresent()) {
        return new EndorsementOutcome.Revoked(revoked.get().getSerialNumber().toString(16));
      }
      Set<Finding> findings = EnumSet.noneOf(Finding.class);
      if (!paths.isRevocationChecked(path, now)) {
        findings.add(Finding.REVOCATION_NOT_CHECKED);
      }
      TrustedEndorsement.Device device = certificate.device().orElseThrow();
      return judge(x509, device, path, ekPublic, now, findings);
    } catch (MalformedEvidenceException e) {
      return new EndorsementOutcome.CertificateMalformed(String.valueOf(e.getMessage()));
    }
  }

  /** They help to find a path and vouch for nothing: what cannot be read is left out. */
  private static Optional<X509Certificate> readable(Octets presented) {
    try {
      return Optional.of(EndorsementTrust.certificate(presented.bytes()));
    } catch (MalformedEvidenceException e) {
      return Optional.empty();
    }
  }

  /** TCG EK Credential Profile, 3.2.9; RFC 5280, 4.1.2.6. */
  private static Optional<EndorsementOutcome.Refused> subjectAlternativeName(
      EkCertificate certificate) {
    if (certificate.device().isEmpty()) {
      return Optional.of(
          new EndorsementOutcome.SubjectAlternativeNameWrong(
              "a directory name with manufacturer, model and version is missing"));
    }
    if (certificate.hasEmptySubject() && !certificate.isSubjectAlternativeNameCritical()) {
      return Optional.of(
          new EndorsementOutcome.SubjectAlternativeNameWrong(
              "it must be critical, because the subject is empty"));
    }
    return Optional.empty();
  }

  /** What the certificate is for. */
  private static Optional<EndorsementOutcome.Refused> use(X509Certificate x509, PublicKeyArea key)
      throws MalformedEvidenceException {
    boolean[] usage = x509.getKeyUsage(); // absent: every usage
    if (x509.getBasicConstraints() >= 0 || (usage != null && usage[KEY_CERT_SIGN])) {
      return Optional.of(new EndorsementOutcome.CertificateIsCa());
    }
    if (!EndorsementTrust.extendedKeyUsage(x509, "ekCertificate").contains(EKU_EK_CERTIFICATE)) {
      return Optional.of(new EndorsementOutcome.ExtendedKeyUsageMissing());
    }
    boolean rsa = key.type() == TpmAlg.RSA;
    if (usage != null && !usage[rsa ? KEY_ENCIPHERMENT : KEY_AGREEMENT]) {
      return Optional.of(
          new EndorsementOutcome.KeyUsageWrong(rsa ? "keyEncipherment" : "keyAgreement"));
    }
    Set<String> critical = x509.getCriticalExtensionOIDs();
    return critical == null
        ? Optional.empty()
        : critical.stream()
            .filter(oid -> !UNDERSTOOD.contains(oid))
            .sorted()
            .<EndorsementOutcome.Refused>map(EndorsementOutcome.CriticalExtensionUnknown::new)
            .findFirst();
  }

  private static EndorsementOutcome judge(
      X509Certificate certificate,
      TrustedEndorsement.Device device,
      EndorsementPath.Found path,
      TpmtPublic ek,
      Instant now,
      Set<Finding> findings) {
    for (X509Certificate each : path.certificates()) {
      Instant notBefore = each.getNotBefore().toInstant();
      if (notBefore.isAfter(now)) {
        return new EndorsementOutcome.NotYetValid(notBefore);
      }
      if (each.getNotAfter().toInstant().isBefore(now)) {
        findings.add(each.equals(certificate) ? Finding.EXPIRED : Finding.CHAIN_EXPIRED);
      }
      // What signed the root is its own key: nothing rests on that signature.
      if (!each.equals(path.root()) && each.getSigAlgName().startsWith("SHA1")) {
        findings.add(Finding.SHA1_SIGNED);
      }
    }
    if (device.model().toLowerCase(Locale.ROOT).contains(SIMULATOR_MODEL)) {
      findings.add(Finding.SIMULATED);
    }
    return new TrustedEndorsement(
        ek,
        sha256(ek.key().subjectPublicKeyInfo()),
        device,
        sha256(path.rootBytes()),
        certificate.getNotAfter().toInstant(),
        findings);
  }

  private static TpmDigest sha256(byte[] bytes) {
    return TpmDigest.of(TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(bytes));
  }
}
