// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.AkCertificateOutcome;
import dev.writ.evidence.AkCertificateVerifier;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.KeyCertificationOutcome;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.Refusal;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TpmtSignature;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.evidence.VerifiedQuote;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Has bytes judged by {@code verifier/evidence}, as a service does, and says what became of them. */
final class Judge {
  /** Rules whose subject is the reason of the refusal that they report. */
  private static final Set<String> REPORTS = Set.of("boot_log_holds", "ima_list_replayed");

  private Judge() {}

  /** A parser that is only asked whether it reads. */
  interface Parser {
    Object parse(byte[] bytes) throws MalformedEvidenceException;
  }

  /** What is verified up to a quote, or why it is not. */
  interface Verification<T> {
    T of() throws MalformedEvidenceException, RefusedException;
  }

  /** Carries a refusal to where it is told. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
      super(refusal.message());
      this.refusal = refusal;
    }
  }

  static Observed parsed(Parser parser, byte[] bytes) {
    return observed(() -> parser.parse(bytes));
  }

  /** Whether a public area is an attestation key's. */
  static Observed attestationKey(byte[] publicArea) {
    return observed(() -> enrolled(publicArea));
  }

  /** Whether statement, signature and values are an answer to the corpus's question. */
  static Observed quote(CorpusKey ak, byte[] attest, byte[] signature, Pcrs values) {
    return observed(() -> verified(ak, attest, signature, values, Pcrs.ASKED));
  }

  /** The same where other PCRs were asked for. */
  static Observed quote(CorpusKey ak, byte[] attest, byte[] signature, Pcrs values, Pcrs asked) {
    return observed(() -> verified(ak, attest, signature, values, asked));
  }

  /** The same of a key whose place in its TPM is known. */
  static Observed quoteOfKeyAt(byte[] qualifiedName, CorpusKey ak, byte[] attest) {
    return observed(
        () ->
            verified(
                enrolled(ak.area.encode()).withQualifiedName(TpmName.parse(qualifiedName)),
                attest,
                ak.sign(attest),
                Pcrs.ASKED,
                Pcrs.ASKED));
  }

  /** A whole package: quote, then the instance key's certification. */
  static Observed evidence(CorpusKey ak, byte[] bytes) {
    return observed(
        () -> {
          Evidence evidence = Evidence.parse(bytes);
          EnrolledAk enrolled = enrolled(ak.area.encode());
          var unused =
              accepted(
                  QuoteVerifier.verify(
                      evidence,
                      enrolled,
                      Statement.QUALIFYING_DATA,
                      PcrSelection.parse(Pcrs.ASKED.selection())));
          return accepted(
              KeyCertificationVerifier.verify(
                  evidence.keyCertification().orElseThrow(), enrolled, Statement.QUALIFYING_DATA));
        });
  }

  /** Whether an instance key is held by the attestation key's TPM. */
  static Observed certification(CorpusKey ak, byte[] key, byte[] attest, byte[] signature) {
    return observed(
        () ->
            accepted(
                KeyCertificationVerifier.verify(
                    TpmtPublic.parse(key),
                    TpmsAttest.parse(attest),
                    TpmtSignature.parse(signature),
                    enrolled(ak.area.encode()),
                    Statement.QUALIFYING_DATA)));
  }

  /** The first rule of an appraisal that does not hold, for a quote that does. */
  static Observed appraisal(Pcrs quoted, ReferenceValues references) {
    return observed(
        () -> {
          CorpusKey ak = CorpusKey.attestation();
          byte[] attest = Statement.quote(quoted, CorpusKey.SHA256).encode();
          VerifiedQuote quote = verified(ak, attest, ak.sign(attest), quoted, quoted);
          return accepted(Appraiser.appraise(quote, Optional.empty(), references));
        });
  }

  /** An appraisal of which every rule holds. */
  static Appraisal accepted(Appraisal appraisal) throws RefusedException {
    if (!appraisal.failed().isEmpty()) {
      // That some entries are not allowed says less than the rule that an entry breaks.
      Appraisal.Rule rule =
          appraisal.failed().stream()
              .filter(each -> !each.reason().equals("ima_entries"))
              .findFirst()
              .orElse(appraisal.failed().get(0));
      boolean reports = REPORTS.contains(rule.reason());
      throw new RefusedException(
          new Rule(
              reports ? rule.subject() : rule.reason(),
              rule.expected() + ", was " + rule.actual()));
    }
    return appraisal;
  }

  private record Rule(String reason, String message) implements Refusal {}

  /** Whether a maker vouches for an endorsement key. */
  static Observed endorsement(
      EndorsementVerifier verifier, byte[] certificate, byte[] publicArea, Instant now) {
    return observed(
        () -> {
          EndorsementOutcome outcome =
              verifier.verify(certificate, TpmtPublic.parse(publicArea), now);
          if (outcome instanceof EndorsementOutcome.Refused refused) {
            throw new RefusedException(refused);
          }
          return outcome;
        });
  }

  /** Whether an authority vouches for an attestation key of the TPM that {@code device} names. */
  static Observed akCertificate(
      AkCertificateVerifier verifier,
      byte[] certificate,
      CorpusKey ak,
      TrustedEndorsement.Device device,
      Instant now) {
    return observed(
        () -> {
          AkCertificateOutcome outcome =
              verifier.verify(certificate, enrolled(ak.area.encode()), Optional.of(device), now);
          if (outcome instanceof AkCertificateOutcome.Refused refused) {
            throw new RefusedException(refused);
          }
          return outcome;
        });
  }

  static EnrolledAk enrolled(byte[] publicArea)
      throws MalformedEvidenceException, RefusedException {
    AkOutcome outcome = EnrolledAk.of(publicArea);
    if (outcome instanceof AkOutcome.Refused refused) {
      throw new RefusedException(refused);
    }
    return (EnrolledAk) outcome;
  }

  private static VerifiedQuote verified(
      CorpusKey ak, byte[] attest, byte[] signature, Pcrs values, Pcrs asked)
      throws MalformedEvidenceException, RefusedException {
    return verified(enrolled(ak.area.encode()), attest, signature, values, asked);
  }

  private static VerifiedQuote verified(
      EnrolledAk ak, byte[] attest, byte[] signature, Pcrs values, Pcrs asked)
      throws MalformedEvidenceException, RefusedException {
    return accepted(
        QuoteVerifier.verify(
            TpmsAttest.parse(attest),
            TpmtSignature.parse(signature),
            PcrValues.parse(values.encode()),
            ak,
            Statement.QUALIFYING_DATA,
            PcrSelection.parse(asked.selection())));
  }

  static VerifiedQuote accepted(QuoteOutcome outcome) throws RefusedException {
    if (outcome instanceof QuoteOutcome.Refused refused) {
      throw new RefusedException(refused);
    }
    return (VerifiedQuote) outcome;
  }

  private static CertifiedKey accepted(KeyCertificationOutcome outcome) throws RefusedException {
    if (outcome instanceof KeyCertificationOutcome.Refused refused) {
      throw new RefusedException(refused);
    }
    return (CertifiedKey) outcome;
  }

  static Observed observed(Verification<?> verification) {
    try {
      var unused = verification.of();
      return Observed.ACCEPTED;
    } catch (MalformedEvidenceException e) {
      return Observed.refused(e.reason());
    } catch (RefusedException e) {
      return Observed.refused(e.refusal.reason());
    }
  }
}
