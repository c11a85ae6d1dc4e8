// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedRedemptionException;
import dev.writ.artifact.Obligation;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RedemptionClaims;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.P256Verifier;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.security.Provider;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Judges artifacts whose {@code aud} is the issuer alone, in a gateway's place: as a gateway would, and by the
 * one count of uses that all nodes share. What it judged is a leaf before it is answered. A question is known
 * again by the asker's key in it and takes one use, however often it is asked and of whichever node.
 */
public final class Redemptions {
  /** How long a statement may be on its way; who asks later signs it again. */
  private static final Duration ON_THE_WAY = Duration.ofSeconds(60);

  private final Operations operations;
  private final WorkPool appraisal;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final BundleJudge judge;
  private final HostRate rate;
  private final Provider signatures;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Refusals refusals;
  private final Telemetry telemetry;

  Redemptions(
      Operations operations,
      WorkPool appraisal,
      Ledger ledger,
      TrustFiles trust,
      BundleJudge judge,
      HostRate rate,
      Provider signatures,
      InstantSource clock,
      SecureRandom random,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.ledger = ledger;
    this.trust = trust;
    this.judge = judge;
    this.rate = rate;
    this.signatures = signatures;
    this.clock = clock;
    this.random = random;
    this.refusals = refusals;
    this.telemetry = telemetry;
  }

  /**
   * Takes a use of an artifact. The same question again gets the same receipt.
   *
   * @param bundle a {@link ProofBundle}, as received
   * @param compact a {@link RedemptionStatement}, as received
   */
  public CompletionStage<RedemptionOutcome> redeem(byte[] bundle, String compact) {
    return operations
        .begin(
            "a redemption",
            () ->
                appraisal
                    .submit(() -> authenticated(bundle, compact))
                    .thenCompose(
                        wish ->
                            wish.artifact().claims().status().isEmpty()
                                ? judged(wish, Optional.empty())
                                : judge
                                    .newestToken(wish.artifact())
                                    .thenCompose(token -> judged(wish, token))),
            RedemptionOutcome.Denied::new)
        .thenApply(telemetry::redeemed);
  }

  /** A statement whose signer may ask, and the artifact that the ledger's leaf allows. */
  private record Wish(
      byte[] bundle, RedemptionStatement statement, Artifact artifact, Leaf decision) {
    UuidV7 jti() {
      return artifact.claims().jti();
    }
  }

  private Wish authenticated(byte[] bundle, String compact) throws LedgerException {
    RedemptionStatement statement;
    Artifact artifact;
    try {
      statement = RedemptionStatement.parse(compact);
      artifact = Artifact.parse(ProofBundle.parse(bundle).artifact());
    } catch (MalformedRedemptionException
        | MalformedBundleException
        | MalformedArtifactException e) {
      throw refused(Denial.malformed("redemption_malformed", String.valueOf(e.getMessage())));
    }
    RedemptionClaims claims = statement.claims();
    Optional<IssuedArtifact> issued = ledger.artifact(claims.jti());
    if (issued.isEmpty()) {
      throw refused(
          DenialCode.ARTIFACT_MISSING,
          "artifact_unknown",
          "the artifact must have been issued here, and none was with this jti");
    }
    Leaf decision =
        ledger
            .leaf(issued.get().leafIndex())
            .orElseThrow(() -> new IllegalStateException("bug: an artifact without its leaf"));
    Hash digest = ((LeafBody.DecisionAllow) decision.body()).artifactDigest();
    if (!claims.artifactDigest().equals(digest) || !artifact.digest().equals(digest)) {
      throw refused(
          DenialCode.LINEAGE_FRAGMENTED,
          "artifact_digest_mismatch",
          "statement and bundle must be of the artifact that was issued, of digest " + digest);
    }
    requireAsker(statement, artifact);
    requireTimely(claims.at());
    return new Wish(bundle, statement, artifact, decision);
  }

  /** The holder, or a gateway; of a stranger's word nothing is judged. */
  private void requireAsker(RedemptionStatement statement, Artifact artifact) {
    P256Verifier verifier;
    if (statement.signer() instanceof OutcomeStatement.Signer.Holder holder) {
      if (!holder.kid().equals(artifact.claims().jkt())) {
        throw refused(
            DenialCode.ENVIRONMENT_MISMATCH,
            "not_the_holder",
            "a holder's statement must be signed by the artifact's cnf key, and names another");
      }
      verifier = P256Verifier.of(holder.key(), signatures);
    } else {
      verifier =
          P256Verifier.of(
              Outcomes.gatewaysKey(trust, statement.signer().kid())
                  .orElseThrow(() -> refused(Outcomes.GATEWAY_UNKNOWN)),
              signatures);
    }
    if (!statement.isSignedBy(verifier)) {
      throw refused(
          DenialCode.SIGNATURE_INVALID,
          "redemption_signature_invalid",
          "the key that the header names must have signed the statement, and has not");
    }
    if (statement.signer() instanceof OutcomeStatement.Signer.Holder
        && !rate.take(artifact.claims().env().akName())) {
      throw refused(HostRate.EXCEEDED);
    }
  }

  private void requireTimely(Instant at) {
    Instant now = clock.instant();
    Duration skew = trust.newest().content().skew();
    if (at.isAfter(now.plus(skew))) {
      throw refused(
          DenialCode.NOT_YET_VALID, "redemption_ahead", "it must have been asked, was at " + at);
    }
    if (at.isBefore(now.minus(skew).minus(ON_THE_WAY))) {
      throw refused(
          DenialCode.EXPIRED,
          "redemption_late",
          "it must have been asked within "
              + ON_THE_WAY.toSeconds()
              + " s, was at "
              + at
              + ": sign it again, with the same key in it");
    }
  }

  private CompletionStage<RedemptionOutcome> judged(Wish wish, Optional<StatusToken> token) {
    return appraisal
        .submit(() -> judge(wish, token))
        .thenCompose(judgement -> answered(wish, judgement));
  }

  private CompletionStage<RedemptionOutcome> answered(Wish wish, Judgement judgement) {
    if (judgement.answer().isPresent()) {
      return CompletableFuture.completedFuture(judgement.answer().get());
    }
    return judgement.denial().map(denial -> deny(wish, denial)).orElseGet(() -> take(wish));
  }

  /** An answer that was given before, or a denial, or nothing that speaks against it. */
  private record Judgement(Optional<RedemptionOutcome> answer, Optional<Denial> denial) {}

  private Judgement judge(Wish wish, Optional<StatusToken> token) throws LedgerException {
    OptionalLong before = ledger.use(wish.jti(), wish.statement().asked().digest());
    if (before.isPresent()) {
      return again(wish, before.getAsLong());
    }
    Verdict verdict = judge.judge(wish.bundle(), presentation(wish), token, clock.instant());
    if (verdict instanceof Verdict.Denied denied) {
      return new Judgement(
          Optional.empty(),
          Optional.of(new Denial(denied.code(), BundleJudge.failed(denied), denied.reason())));
    }
    return new Judgement(
        Optional.empty(),
        wish.artifact().claims().act().countsUses()
            ? Optional.empty()
            : Optional.of(
                new Denial(
                    DenialCode.SCOPE_EXCEEDED,
                    "uses_not_counted",
                    "the artifact must count its uses (act.max_uses), and does not: nobody need ask")));
  }

  /** A use that was taken is no word that the artifact holds still. */
  private Judgement again(Wish wish, long use) throws LedgerException {
    boolean holds =
        ledger
            .artifact(wish.jti())
            .filter(artifact -> artifact.isLive(clock.instant()))
            .isPresent();
    return holds
        ? new Judgement(Optional.of(earlier(use)), Optional.empty())
        : new Judgement(Optional.empty(), Optional.of(over(wish)));
  }

  /**
   * What a gateway does it says by asking, so that its obligations are met there; a holder who asks for
   * himself meets none.
   */
  private static Presentation presentation(Wish wish) {
    RedemptionStatement statement = wish.statement();
    ActionAtHand action = statement.claims().action();
    Presentation presentation =
        Presentation.NOTHING
            .withAudience(new Presentation.Audience.ServiceJudged(statement.signer().kid()))
            .withAction(action);
    return statement
        .claims()
        .possession()
        .map(
            proof ->
                presentation.withPossession(proof).withObligations(metByGateway(wish.artifact())))
        .orElse(presentation);
  }

  private static Presentation.Obligations metByGateway(Artifact artifact) {
    List<Obligation> all =
        artifact.claims().gov().obligations().stream().map(Obligation::of).toList();
    Set<String> upstreams =
        all.stream()
            .filter(Obligation.Reroute.class::isInstance)
            .map(obligation -> ((Obligation.Reroute) obligation).upstream())
            .collect(Collectors.toSet());
    return new Presentation.Obligations(
        all.stream().map(Obligation::name).collect(Collectors.toSet()), Set.of(), upstreams);
  }

  private CompletionStage<RedemptionOutcome> take(Wish wish) {
    int maxUses = wish.artifact().claims().act().maxUses();
    Entry entry =
        entry(
            wish,
            Optional.empty(),
            OptionalLong.of(maxUses),
            new StateChange.RecordUse(wish.jti(), wish.statement().asked().digest(), maxUses));
    return ledger
        .commit(entry.given(new Precondition.ParentLive(wish.jti())))
        .thenCompose(outcome -> answer(wish, outcome));
  }

  private CompletionStage<RedemptionOutcome> answer(Wish wish, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return CompletableFuture.completedFuture(
          new RedemptionOutcome.Taken(
              new RedemptionReceipt(receipt.leaf().bytes(), receipt.tlogProof().format())));
    } else if (outcome instanceof CommitOutcome.Replayed) {
      return appraisal.submit(() -> replayed(wish)).thenCompose(found -> answered(wish, found));
    } else if (outcome instanceof CommitOutcome.Superseded) {
      return appraisal.submit(() -> over(wish)).thenCompose(denial -> deny(wish, denial));
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      throw new DeniedException(Denial.of(unavailable));
    }
    throw new IllegalStateException("bug: a redemption has no refusals, yet got " + outcome);
  }

  /** The same question was answered meanwhile, or others took what there was. */
  private Judgement replayed(Wish wish) throws LedgerException {
    OptionalLong before = ledger.use(wish.jti(), wish.statement().asked().digest());
    return before.isPresent()
        ? again(wish, before.getAsLong())
        : new Judgement(Optional.empty(), Optional.of(SPENT));
  }

  private static final Denial SPENT =
      new Denial(
          DenialCode.REPLAYED, "uses_spent", "the artifact must have a use left, and has none");

  /** It was withdrawn, or came to its end, after it was judged. */
  private Denial over(Wish wish) throws LedgerException {
    boolean revoked = ledger.artifact(wish.jti()).map(IssuedArtifact::revoked).orElse(true);
    return revoked
        ? new Denial(DenialCode.REVOKED, "status", "the artifact must hold, and was revoked")
        : new Denial(DenialCode.EXPIRED, "not_ended", "the artifact must hold, and has ended");
  }

  /** Is in the ledger before it is told. */
  private CompletionStage<RedemptionOutcome> deny(Wish wish, Denial denial) {
    return ledger
        .commit(entry(wish, Optional.of(denial), OptionalLong.empty()))
        .thenApply(
            outcome -> {
              if (outcome instanceof CommitOutcome.Receipt receipt) {
                return new RedemptionOutcome.Denied(denial, Optional.of(receipt.leaf().id()));
              } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
                throw new DeniedException(Denial.of(unavailable));
              }
              throw new IllegalStateException("bug: a denial changes nothing, yet got " + outcome);
            });
  }

  private Entry entry(
      Wish wish, Optional<Denial> denial, OptionalLong maxUses, StateChange... changes) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(wish.decision().hash()),
            new Verification(
                Optional.of(wish.jti()),
                Verifier.SERVICE,
                Optional.of(wish.statement().signer().kid()),
                wish.statement().asked(),
                denial.map(Denial::code),
                denial.map(Denial::reason),
                maxUses));
    return Entry.of(leaf, changes)
        .withPayload(Payload.statement(wish.statement().compact(), Commitment.newSalt(random)));
  }

  /** The receipt of a leaf that is there, under the newest checkpoint. */
  private RedemptionOutcome earlier(long index) throws LedgerException {
    SignedNote note = ledger.checkpoint();
    long size;
    try {
      size = Checkpoint.parse(note.text()).size();
    } catch (MalformedCheckpointException e) {
      throw new IllegalStateException("bug: the ledger's checkpoint is none", e);
    }
    if (size <= index) {
      throw new DeniedException(
          Denial.unavailable(
              "ledger_unavailable", "the use must be under a signed checkpoint, and is not yet"));
    }
    Leaf leaf = ledger.leaf(index).orElseThrow(() -> new IllegalStateException("bug: no leaf"));
    TlogProof proof =
        TlogProof.of(
            ledger
                .inclusionProof(index, size)
                .orElseThrow(() -> new IllegalStateException("bug: no proof of a leaf")),
            note);
    return new RedemptionOutcome.Taken(new RedemptionReceipt(leaf.bytes(), proof.format()));
  }

  private DeniedException refused(DenialCode code, String reason, String message) {
    return refused(new Denial(code, reason, message));
  }

  /** Nobody who may ask showed to have sent it. */
  private DeniedException refused(Denial denial) {
    refusals.count(denial);
    return new DeniedException(denial);
  }
}
