// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.LiveArtifacts;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * Says what a host loses that was denied: all that it has, where its own quote over a challenge of ours shows
 * that it is not what its artifacts were issued for, or where it should have none in any case.
 *
 * <p>Only what the attestation key signed counts: PCRs, never a log beside the quote, which whoever carries an
 * application could cut off. Nor does a quote count that answers no challenge of ours, an old one, or one that
 * another decision had. What a new boot takes is {@link Continuity}'s to say.
 */
final class LostTrust {
  private static final String ENDORSEMENT_REVOKED = "ek_revoked";
  private static final int IMA_PCR = 10;

  private final Ledger ledger;

  LostTrust(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * The judgement, with what is to be voided before it.
   *
   * @param quote the host's, over a challenge of ours that has not ended
   */
  Judgement.Refused taking(Judgement.Refused refused, VerifiedQuote quote) throws LedgerException {
    return taking(refused, refused.denial(), quote);
  }

  /**
   * The same where the host is told of something that comes before what was found of it.
   *
   * @param found what it would be denied by, were it not for that
   */
  Judgement.Refused taking(Judgement.Refused refused, Denial found, VerifiedQuote quote)
      throws LedgerException {
    if (refused.nonce() != Judgement.Nonce.SPENT
        || refused.standing().voiding().isPresent()
        || refused.standing().seen().isEmpty()) {
      return refused;
    }
    Optional<RevocationReason> reason = reason(refused.host(), found, quote);
    if (reason.isEmpty()) {
      return refused;
    }
    KnownHost host = refused.host();
    LiveArtifacts live = ledger.liveArtifacts(host.akName());
    if (live.number() == 0) {
      return refused;
    }
    LeafBody leaf =
        new LeafBody.ScopeRevocation(
            new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())),
            reason.get(),
            RevokedBy.APPRAISAL);
    Continuity.Standing standing =
        new Continuity.Standing(
            refused.standing().denial(),
            refused.standing().seen(),
            Optional.of(new Continuity.Voiding(host.akName(), leaf, reason.get().wire(), live)));
    return refused.with(standing, refused.nonce());
  }

  private Optional<RevocationReason> reason(KnownHost host, Denial found, VerifiedQuote quote)
      throws LedgerException {
    if (!host.isActive()) {
      return Optional.of(RevocationReason.HOST_NOT_ACTIVE);
    }
    DenialCode code = found.code();
    if (code != DenialCode.ENVIRONMENT_UNTRUSTED && code != DenialCode.RUNTIME_INTEGRITY) {
      return Optional.empty();
    }
    return found.reason().equals(ENDORSEMENT_REVOKED) || isElsewhere(host, quote)
        ? Optional.of(RevocationReason.EVIDENCE_FAILED)
        : Optional.empty();
  }

  /**
   * Whether PCRs are others than those for which the host's newest artifact was issued. Never where PCR 10 is
   * among them: the kernel's IMA extends it with each new file, and a digest over all says not which one moved.
   */
  private boolean isElsewhere(KnownHost host, VerifiedQuote quote) throws LedgerException {
    Optional<UuidV7> newest = ledger.newestArtifact(host.akName());
    if (newest.isEmpty()) {
      return false;
    }
    Optional<Environment> before = environment(newest.get());
    // What cannot be read any more cannot have been the same.
    return before.isEmpty()
        || (before.get().pcrs().equals(ArtifactSigner.pcrs(quote.selection()))
            && !hasIma(quote.selection())
            && !before.get().digest().equals(Hash.of(quote.pcrDigest().value().bytes())));
  }

  private static boolean hasIma(PcrSelection selection) {
    return selection.banks().stream().anyMatch(bank -> bank.indices().contains(IMA_PCR));
  }

  private Optional<Environment> environment(UuidV7 jti) throws LedgerException {
    Optional<IssuedArtifact> row = ledger.artifact(jti);
    Optional<byte[]> payload =
        row.isPresent() ? ledger.payload(row.get().leafIndex()) : Optional.empty();
    if (payload.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Artifact.parse(Payload.artifact(payload.get())).claims().env());
    } catch (MalformedDocumentException e) {
      return Optional.empty();
    }
  }
}
