// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.CodedLog;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaOutcome;
import dev.writ.evidence.ImaPosition;
import dev.writ.evidence.ImaReplay;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.VerifiedQuote;
import java.util.Map;
import java.util.Optional;

/**
 * Has whole evidence packages with logs judged as a service does: codec, quote, logs, reference values.
 * The quote is by one attestation key, and answers the corpus's question.
 */
final class LogJudge {
  private final CorpusKey ak = CorpusKey.attestation();

  /** A log of these bytes beside a quote of these PCRs. */
  Observed judged(int section, byte[] log, Pcrs quoted, ReferenceValues references) {
    return judged(EvidencePackage.of(ak, quoted, Map.of(section, log)), quoted, references);
  }

  /** A package of a quote and no log. */
  Observed judged(Pcrs quoted, ReferenceValues references) {
    return judged(EvidencePackage.of(ak, quoted, Map.of()), quoted, references);
  }

  /** A log's section as it is to be in the package. */
  Observed judgedCoded(int section, byte[] coded, Pcrs quoted, ReferenceValues references) {
    return judged(
        EvidencePackage.of(ak, quoted, Map.of()).with(section, coded), quoted, references);
  }

  private Observed judged(EvidencePackage evidence, Pcrs quoted, ReferenceValues references) {
    return Judge.observed(() -> Judge.accepted(appraised(evidence, quoted, references)));
  }

  /** Every rule that ran on a boot log beside a quote of these PCRs. */
  Appraisal appraised(byte[] bootLog, Pcrs quoted, ReferenceValues references) throws Exception {
    Map<Integer, byte[]> logs = Map.of(EvidencePackage.BOOT_LOG, bootLog);
    return appraised(EvidencePackage.of(ak, quoted, logs), quoted, references);
  }

  private Appraisal appraised(EvidencePackage sent, Pcrs quoted, ReferenceValues references)
      throws MalformedEvidenceException, Judge.RefusedException {
    Evidence evidence = Evidence.parse(sent.encode());
    VerifiedQuote quote =
        Judge.accepted(
            QuoteVerifier.verify(
                evidence,
                Judge.enrolled(ak.area.encode()),
                Statement.QUALIFYING_DATA,
                PcrSelection.parse(quoted.selection())));
    Optional<BootLog> bootLog = Optional.empty();
    if (evidence.bootLog().isPresent()) {
      bootLog = Optional.of(BootLog.parse(evidence.bootLog().get().expand()));
    }
    Optional<ImaOutcome> list = Optional.empty();
    if (evidence.imaList().isPresent()) {
      list = Optional.of(replayed(evidence.imaList().get(), quote));
    }
    return Appraiser.appraise(quote, Optional.empty(), references, bootLog, list);
  }

  private static ImaOutcome replayed(CodedLog list, VerifiedQuote quote)
      throws MalformedEvidenceException {
    return ImaReplay.resume(ImaPosition.START, ImaSegment.parse(list.expand()), quote);
  }
}
