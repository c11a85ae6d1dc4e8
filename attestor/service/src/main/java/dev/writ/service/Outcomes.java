// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedOutcomeException;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.Entry;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedOutcome;
import dev.writ.ledger.ReportedState;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Takes signed statements of how executions ended: of the artifact's holder, by the key that the
 * artifact is bound to, or of a gateway of the trust file. Each has one word on each use of an
 * artifact.
 */
public final class Outcomes {
  /** Statements of one reporter on an artifact whose uses are not counted. */
  private static final int MAX_REPORTS_UNCOUNTED = 1000;

  /** Statements of a gateway on an artifact that was erased, and its number of uses with it. */
  private static final int MAX_REPORTS_ERASED = 1;

  static final Denial GATEWAY_UNKNOWN =
      new Denial(
          DenialCode.SIGNATURE_INVALID,
          "gateway_unknown",
          "a gateway's key must be in the trust file, and this one is not");

  private final Operations operations;
  private final WorkPool appraisal;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final Provider signatures;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Refusals refusals;

  Outcomes(
      Operations operations,
      WorkPool appraisal,
      Ledger ledger,
      TrustFiles trust,
      Provider signatures,
      InstantSource clock,
      SecureRandom random,
      Refusals refusals) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.ledger = ledger;
    this.trust = trust;
    this.signatures = signatures;
    this.clock = clock;
    this.random = random;
    this.refusals = refusals;
  }

  /**
   * Puts an outcome into the ledger. The same statement again gets the same answer.
   *
   * @param compact an {@link OutcomeStatement}, as received
   */
  public CompletionStage<ReportOutcome> report(String compact) {
    return operations.begin(
        "a report",
        () ->
            appraisal
                .submit(() -> judge(compact))
                .thenCompose(
                    report ->
                        ledger
                            .commit(report.entry())
                            .thenCompose(outcome -> answer(report.statement(), outcome))),
        ReportOutcome.Denied::new);
  }

  /** A statement that holds, and its entry. */
  private record Report(OutcomeStatement statement, Entry entry) {}

  private Report judge(String compact) throws LedgerException {
    OutcomeStatement statement = parse(compact);
    Optional<IssuedArtifact> artifact = ledger.artifact(statement.claims().jti());
    if (artifact.isEmpty()) {
      throw refused(
          DenialCode.ARTIFACT_MISSING,
          "artifact_unknown",
          "the artifact must have been issued here, and none was with this jti");
    }
    Optional<ArtifactClaims> claims = claims(artifact.get());
    ECPublicKey key =
        statement.signer() instanceof OutcomeStatement.Signer.Holder holder
            ? holdersKey(holder, claims)
            : gatewaysKey(statement.signer().kid());
    if (!statement.isSignedBy(P256Verifier.of(key, signatures))) {
      throw refused(
          DenialCode.SIGNATURE_INVALID,
          "outcome_signature_invalid",
          "the key that the header names must have signed the statement, and has not");
    }
    Leaf decision =
        ledger
            .leaf(artifact.get().leafIndex())
            .orElseThrow(() -> new IllegalStateException("bug: an artifact without its leaf"));
    requireOfArtifact(statement, decision);
    return new Report(statement, entry(statement, decision, maxReports(claims)));
  }

  private OutcomeStatement parse(String compact) {
    try {
      return OutcomeStatement.parse(compact);
    } catch (MalformedOutcomeException e) {
      throw refused(Denial.malformed("outcome_malformed", String.valueOf(e.getMessage())));
    }
  }

  /** What the artifact itself says; it is kept beside its leaf until it is erased. */
  private Optional<ArtifactClaims> claims(IssuedArtifact issued) throws LedgerException {
    Optional<byte[]> payload = ledger.payload(issued.leafIndex());
    if (payload.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Artifact.parse(Payload.artifact(payload.get())).claims());
    } catch (MalformedJsonException | MalformedArtifactException e) {
      throw new IllegalStateException("bug: a decision's payload was not written by us", e);
    }
  }

  private static long maxReports(Optional<ArtifactClaims> claims) {
    if (claims.isEmpty()) {
      return MAX_REPORTS_ERASED;
    }
    Act act = claims.get().act();
    return act.countsUses() ? act.maxUses() : MAX_REPORTS_UNCOUNTED;
  }

  private ECPublicKey holdersKey(
      OutcomeStatement.Signer.Holder holder, Optional<ArtifactClaims> claims) {
    if (claims.isEmpty()) {
      throw refused(
          DenialCode.UNVERIFIABLE,
          "artifact_erased",
          "the artifact must still be kept to know its holder, and was erased; a gateway may report");
    }
    if (!holder.kid().equals(claims.get().jkt())) {
      throw refused(
          DenialCode.ENVIRONMENT_MISMATCH,
          "not_the_holder",
          "a holder's statement must be signed by the artifact's cnf key, and names another");
    }
    return holder.key();
  }

  private ECPublicKey gatewaysKey(Hash kid) {
    return gatewaysKey(trust, kid).orElseThrow(() -> refused(GATEWAY_UNKNOWN));
  }

  /** The key of a gateway that the newest trust file names. */
  static Optional<ECPublicKey> gatewaysKey(TrustFiles trust, Hash kid) {
    return trust.newest().content().gateway(kid).map(VerificationKey::key);
  }

  private void requireOfArtifact(OutcomeStatement statement, Leaf decision) {
    LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) decision.body();
    if (!statement.claims().artifactDigest().equals(allow.artifactDigest())) {
      throw refused(
          DenialCode.LINEAGE_FRAGMENTED,
          "artifact_digest_mismatch",
          "the artifact's digest must be "
              + allow.artifactDigest()
              + ", was "
              + statement.claims().artifactDigest());
    }
    Instant at = statement.claims().at();
    if (at.isAfter(clock.instant().plus(trust.newest().content().skew()))) {
      throw refused(
          DenialCode.NOT_YET_VALID, "outcome_ahead", "an outcome must have been, was at " + at);
    }
    if (at.isBefore(decision.time().minus(trust.newest().content().skew()))) {
      throw refused(
          DenialCode.LINEAGE_FRAGMENTED,
          "outcome_before_decision",
          "an outcome must come after its decision of " + decision.time() + ", was at " + at);
    }
  }

  private Entry entry(OutcomeStatement statement, Leaf decision, long maxReports) {
    UuidV7 jti = statement.claims().jti();
    Hash kid = statement.signer().kid();
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(decision.hash()),
            new LeafBody.Outcome(
                jti,
                statement.claims().state(),
                statement.signer().reporter(),
                kid,
                statement.digest()));
    ReportedState state = ReportedState.valueOf(statement.claims().state().name());
    return Entry.of(
            leaf, new StateChange.RecordOutcome(jti, kid, state, statement.digest(), maxReports))
        .withPayload(Payload.statement(statement.compact(), Commitment.newSalt(random)));
  }

  private CompletionStage<ReportOutcome> answer(OutcomeStatement statement, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return CompletableFuture.completedFuture(new ReportOutcome.Reported(receipt.index()));
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      if (refused.why() == Refusal.OUTCOME_TAKEN) {
        return appraisal.submit(() -> earlier(statement));
      }
      throw new DeniedException(
          Denial.unavailable(
              "ledger_refused",
              "the ledger must take the outcome, and refused it: "
                  + refused.why().name().toLowerCase(Locale.ROOT)));
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      throw new DeniedException(Denial.of(unavailable));
    }
    throw new IllegalStateException("bug: a report has no preconditions, yet got " + outcome);
  }

  /** What the reporter said before, if it was this; else it has said all that it may. */
  private ReportOutcome earlier(OutcomeStatement statement) throws LedgerException {
    Optional<RecordedOutcome> recorded =
        ledger.outcome(statement.claims().jti(), statement.signer().kid(), statement.digest());
    return recorded.isPresent()
        ? new ReportOutcome.Reported(recorded.get().leafIndex())
        : new ReportOutcome.Denied(
            new Denial(
                DenialCode.REPLAYED,
                "outcome_reported",
                "a reporter has one word on each use of an artifact, and has had as many"));
  }

  private DeniedException refused(DenialCode code, String reason, String message) {
    return refused(new Denial(code, reason, message));
  }

  /** Nobody who may report showed to have sent it. */
  private DeniedException refused(Denial denial) {
    refusals.count(denial);
    return new DeniedException(denial);
  }
}
