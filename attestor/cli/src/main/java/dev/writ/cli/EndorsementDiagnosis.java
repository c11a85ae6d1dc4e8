// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.MissingIssuer;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.service.EnrolmentTerms;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What was found of a TPM's endorsement, check by check. */
final class EndorsementDiagnosis {
  private static final Set<TrustedEndorsement.Finding> OVER =
      EnumSet.of(TrustedEndorsement.Finding.EXPIRED, TrustedEndorsement.Finding.CHAIN_EXPIRED);

  private final EndorsementVerifier verifier;
  private final EnrolmentTerms terms;
  private final Instant now;
  private final List<Check> checks = new ArrayList<>();
  private boolean canEnrol;

  /** How a check ended. */
  enum Result {
    passed,
    failed,
    /** Not as it could be, and no hindrance. */
    noted
  }

  /**
   * One check.
   *
   * @param name what was looked at
   * @param subject of several, which
   * @param detail what was found
   * @param todo what to do about it, where there is something
   * @param missing the certificate that a path lacks
   */
  record Check(
      Result result,
      String name,
      String subject,
      String detail,
      Optional<String> todo,
      Optional<MissingIssuer> missing) {
    /** Certificates are another's text, and a terminal does what control characters say. */
    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{C}");

    void printTo(PrintWriter out) {
      out.printf("%-6s  %-22s  %-13s  %s%n", result, name, subject, printable(detail));
      todo.ifPresent(what -> out.printf("%-6s  do: %s%n", "", printable(what)));
    }

    Map<String, Object> members() {
      Map<String, Object> members = new LinkedHashMap<>();
      members.put("result", result);
      members.put("check", name);
      members.put("subject", subject);
      members.put("detail", detail);
      todo.ifPresent(what -> members.put("do", what));
      missing.ifPresent(
          issuer -> {
            members.put("missing_issuer", issuer.name());
            issuer.keyId().ifPresent(id -> members.put("missing_key_id", id));
            issuer.location().ifPresent(url -> members.put("missing_location", url));
          });
      return members;
    }

    private static String printable(String text) {
      return UNPRINTABLE.matcher(text).replaceAll("?");
    }
  }

  private EndorsementDiagnosis(EndorsementVerifier verifier, EnrolmentTerms terms, Instant now) {
    this.verifier = verifier;
    this.terms = terms;
    this.now = now;
  }

  /**
   * Examines a TPM.
   *
   * @param verifier believes what the service believes
   * @param terms of the service
   */
  static EndorsementDiagnosis of(
      Tpm tpm, EndorsementVerifier verifier, EnrolmentTerms terms, Instant now)
      throws TpmException {
    EndorsementDiagnosis diagnosis = new EndorsementDiagnosis(verifier, terms, now);
    EkChain chain = diagnosis.chain(tpm);
    boolean first = true;
    for (EndorsementKeyKind kind : Attester.PREFERENCE) {
      Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
      if (certificate.isPresent()) {
        boolean holds = diagnosis.endorsement(tpm, kind, certificate.get(), chain);
        // Enrolment takes the first kind that has a certificate.
        diagnosis.canEnrol |= first && holds;
        first = false;
      }
    }
    if (first) {
      diagnosis.add(
          Result.failed,
          "ek_certificate",
          "",
          "none at the NV indices of the TCG EK Credential Profile",
          "ask the TPM's maker for the certificate, and write it to the NV index of its kind of key");
    }
    return diagnosis;
  }

  /** Whether the certificate that enrolment would use holds. */
  boolean canEnrol() {
    return canEnrol;
  }

  List<Check> checks() {
    return checks;
  }

  private EkChain chain(Tpm tpm) {
    try {
      EkChain chain = EkChain.parse(tpm.endorsementChain());
      int count = chain.certificates().size();
      add(
          count == 0 ? Result.noted : Result.passed,
          "ek_chain",
          "",
          count == 0
              ? "no certificates at NV indices 0x01c00100 to 0x01c001ff: intermediates must be configured"
              : count + " certificates at NV indices 0x01c00100 to 0x01c001ff",
          "");
      return chain;
    } catch (TpmException | MalformedEvidenceException e) {
      add(
          Result.noted,
          "ek_chain",
          "",
          "NV indices 0x01c00100 to 0x01c001ff cannot be read as certificates: " + e.getMessage(),
          "configure the intermediates instead");
      return EkChain.NONE;
    }
  }

  private boolean endorsement(Tpm tpm, EndorsementKeyKind kind, byte[] certificate, EkChain chain)
      throws TpmException {
    String subject = kind.name().toLowerCase(Locale.ROOT);
    add(
        Result.passed,
        "ek_certificate",
        subject,
        String.format("%d bytes at NV index 0x%08x", certificate.length, kind.certificateIndex()),
        "");
    TpmtPublic key;
    try {
      key = TpmtPublic.parse(tpm.endorsementKey(kind).publicArea());
    } catch (MalformedEvidenceException e) {
      add(Result.failed, "ek_public", subject, String.valueOf(e.getMessage()), "");
      return false;
    }
    EndorsementOutcome outcome = verifier.verify(certificate, chain, key, now);
    if (outcome instanceof EndorsementOutcome.Refused refused) {
      refused(subject, refused);
      return false;
    }
    return trusted(subject, (TrustedEndorsement) outcome);
  }

  private void refused(String subject, EndorsementOutcome.Refused refused) {
    Optional<MissingIssuer> missing =
        refused instanceof EndorsementOutcome.IssuerUnknown unknown
            ? Optional.of(unknown.missing())
            : Optional.empty();
    checks.add(
        new Check(
            Result.failed,
            refused.reason(),
            subject,
            refused.message(),
            missing.map(EndorsementDiagnosis::todo),
            missing));
  }

  private static String todo(MissingIssuer missing) {
    return "get the certificate of "
        + missing
        + missing.location().map(url -> " from " + url).orElse(" from the TPM's maker")
        + ", compare its digest with what the maker publishes, and add it to"
        + " endorsements.intermediates of the service, or to endorsements.roots if it signed itself";
  }

  private boolean trusted(String subject, TrustedEndorsement endorsement) {
    TrustedEndorsement.Device device = endorsement.device();
    add(
        Result.passed,
        "ek_path",
        subject,
        String.format(
            "%s %s %s, until %s, below root sha256 %s",
            device.manufacturer(),
            device.model(),
            device.version(),
            endorsement.notAfter(),
            endorsement.rootDigest().value().hex()),
        "");
    add(Result.passed, "ek_digest", subject, endorsement.ekDigest().value().hex(), "");
    for (TrustedEndorsement.Finding finding : endorsement.findings()) {
      add(
          Result.noted,
          finding.name().toLowerCase(Locale.ROOT),
          subject,
          switch (finding) {
            case EXPIRED -> "the certificate has run out: the policy may deny";
            case CHAIN_EXPIRED -> "a certificate above it has run out: the policy may deny";
            case SHA1_SIGNED -> "a certificate below the root is signed with SHA-1";
            case SIMULATED -> "the certificate says that the TPM is a simulator";
            case REVOCATION_NOT_CHECKED ->
                "no current revocation list of each issuer between the certificate and its root";
          },
          "");
    }
    boolean admitted = terms.admitsExpired() || Collections.disjoint(OVER, endorsement.findings());
    if (!admitted) {
      add(
          Result.failed,
          "ek_expired",
          subject,
          "the service's enrolment.expired is deny, and this endorsement has run out",
          "set it to admit, or retire the TPM");
    }
    return admitted;
  }

  private void add(Result result, String name, String subject, String detail, String todo) {
    checks.add(
        new Check(
            result,
            name,
            subject,
            detail,
            todo.isEmpty() ? Optional.empty() : Optional.of(todo),
            Optional.empty()));
  }
}
