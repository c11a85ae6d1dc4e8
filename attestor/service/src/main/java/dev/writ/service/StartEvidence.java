// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.HostState;
import dev.writ.artifact.ServiceStart;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.tlog.Hash;

/**
 * What lies beside the leaf of a start, as received: whoever has both can verify them, and needs neither
 * the service nor its TPM.
 *
 * @param akPublic TPMT_PUBLIC of the attestation key
 * @param evidence the package of quote, signature and PCR values
 */
public record StartEvidence(Octets akPublic, Octets evidence) {
  /**
   * What is quoted: firmware, option ROMs, boot loader, Secure Boot, the kernel with its command line and
   * initrd, and shim's keys. PCR 10 is left out: without the measurement list its value says nothing.
   */
  static final PcrSelection PCRS = PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14);

  /** The state that was quoted. */
  static HostState state(VerifiedQuote quote) {
    return new HostState(
        AkName.of(quote.ak().name().bytes()),
        ArtifactSigner.pcrs(quote.selection()),
        Hash.of(quote.pcrDigest().value().bytes()),
        quote.clockInfo().resetCount(),
        quote.clockInfo().restartCount());
  }

  /**
   * The quote over these 32 bytes, of the PCRs that are quoted at a start.
   *
   * <p>That the attestation key is in a genuine TPM this cannot say: its own attributes say that it
   * would sign nothing but what its TPM vouches for.
   */
  StartOutcome quoteOver(Hash qualifyingData) {
    try {
      AkOutcome judged = EnrolledAk.of(akPublic.bytes());
      if (judged instanceof AkOutcome.Refused refused) {
        return new StartOutcome.Refused(refused.reason(), refused.message());
      }
      EnrolledAk ak = (EnrolledAk) judged;
      if (ak.publicArea().nameAlg() != TpmAlg.SHA256 || ak.schemeHash() != TpmAlg.SHA256) {
        return new StartOutcome.Refused(
            "ak_not_sha256",
            "the attestation key of a start must be named and sign by sha256, and is named by "
                + ak.publicArea().nameAlg()
                + " and signs by "
                + ak.schemeHash());
      }
      QuoteOutcome outcome =
          QuoteVerifier.verify(Evidence.parse(evidence.bytes()), ak, qualifyingData.bytes(), PCRS);
      if (outcome instanceof QuoteOutcome.Refused refused) {
        return new StartOutcome.Refused(refused.reason(), refused.message());
      }
      return new StartOutcome.Holds((VerifiedQuote) outcome);
    } catch (MalformedEvidenceException e) {
      return new StartOutcome.Refused("evidence_malformed", String.valueOf(e.getMessage()));
    }
  }

  /** Whether this is the evidence that {@code start} speaks of, and shows what it says. */
  public StartOutcome verify(ServiceStart start) {
    Hash digest = Hash.sha256(evidence.bytes());
    if (!digest.equals(start.evidenceDigest())) {
      return new StartOutcome.Refused(
          "evidence_digest_mismatch",
          "the evidence must have the leaf's digest "
              + start.evidenceDigest().hex()
              + ", has "
              + digest.hex());
    }
    StartOutcome outcome = quoteOver(start.binding().qualifyingData());
    if (outcome instanceof StartOutcome.Holds holds && !state(holds.quote()).equals(start.host())) {
      return new StartOutcome.Refused(
          "state_mismatch",
          "the leaf must say the state that was quoted, "
              + state(holds.quote())
              + ", and says "
              + start.host());
    }
    return outcome;
  }
}
