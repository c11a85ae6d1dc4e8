// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.service.Judgement.Nonce;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * The issuance pipeline: verify → decide → sign the artifact → commit → sign the tree head → answer.
 *
 * <pre>
 * caller ──▶ appraisal ──────▶ hsm ─────────────────▶ ledger ──────────────▶ answer
 *            verify, decide    make, sign artifact    commit, sign the head  on the ledger's thread
 * </pre>
 *
 * <p>Every decision on a host that showed to be the one that asks is in the ledger, under a signed
 * checkpoint, before it is answered. What no enrolled host asked is counted, and no more. Without a
 * receipt there is no artifact: one that was signed and not committed goes nowhere. While the
 * token is away nothing is decided: who asks is refused at once, which is counted.
 */
public final class Issuance {
  private final Operations operations;
  private final WorkPool appraisal;
  private final Policies policies;
  private final Modes modes;
  private final Judge judge;
  private final Initiators initiators;
  private final ArtifactSigner signer;
  private final Ledger ledger;
  private final Refusals refusals;
  private final Telemetry telemetry;
  private final Conclusions conclusions;

  Issuance(
      Operations operations,
      WorkPool appraisal,
      WorkPool hsm,
      Hosts hosts,
      Policies policies,
      Modes modes,
      Judge judge,
      Initiators initiators,
      Continuity continuity,
      StatusIndices statusIndices,
      StatusTokens statusTokens,
      ArtifactSigner signer,
      DecisionEntries entries,
      Ledger ledger,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.policies = policies;
    this.modes = modes;
    this.judge = judge;
    this.initiators = initiators;
    this.signer = signer;
    this.ledger = ledger;
    this.refusals = refusals;
    this.telemetry = telemetry;
    this.conclusions =
        new Conclusions(
            hsm,
            hosts,
            modes,
            continuity,
            statusIndices,
            statusTokens,
            signer,
            entries,
            ledger,
            telemetry);
  }

  /**
   * Decides on an application and answers when the decision is durable. Whatever fails on the way ends
   * in {@code unverifiable}.
   *
   * @return completes on a thread of the service: hand over from there whatever may block
   */
  public CompletionStage<IssuanceOutcome> issue(Application application) {
    return issue(application, Channel.UNSEEN);
  }

  /**
   * The same.
   *
   * @param channel over which it came
   */
  CompletionStage<IssuanceOutcome> issue(Application application, Channel channel) {
    long asked = System.nanoTime();
    return operations
        .begin(
            "an issuance",
            () ->
                initiatorKeys(application)
                    .thenCompose(ready -> attempt(application, channel, false))
                    // Decide once more, on what is then in force.
                    .thenCompose(
                        first ->
                            first.superseded()
                                ? signer
                                    .settled()
                                    .thenCompose(settled -> appraisal.submit(this::followed))
                                    .thenCompose(
                                        settled ->
                                            attempt(application, channel, first.holdsNonce()))
                                : CompletableFuture.completedFuture(first))
                    .thenApply(attempt -> logged(attempt, asked)),
            IssuanceOutcome.Denied::new)
        .thenApply(outcome -> measured(outcome, asked));
  }

  /**
   * Completes once keys were looked for that the initiator's token needs. An identity provider is waited
   * for only by what a host is shown to ask: whoever else makes up a token is judged at once.
   */
  private CompletionStage<Void> initiatorKeys(Application application) {
    return initiators.lacksKeys(application)
        ? appraisal
            .submit(() -> judge.isAHosts(application))
            .thenCompose(
                asked ->
                    asked
                        ? initiators.ready(application)
                        : CompletableFuture.<Void>completedFuture(null))
        : CompletableFuture.completedFuture(null);
  }

  /** What changed under a decision may be policy or mode: by another node, or this one a moment ago. */
  private boolean followed() throws LedgerException {
    policies.align();
    modes.align();
    return true;
  }

  /**
   * One way through the pipeline.
   *
   * @param holdsNonce whether the challenge's nonce was spent for this application on an earlier way
   */
  private CompletionStage<Attempt> attempt(
      Application application, Channel channel, boolean holdsNonce) {
    // Without the token neither artifact nor head would be signed: nobody would get a receipt for a
    // leaf, and behind a call that hangs the answer would come late. Without a policy there is none
    // to
    // name in a leaf.
    Optional<Denial> away = away();
    if (away.isPresent()) {
      refusals.count(away.get());
      return Attempt.ended(away.get());
    }
    return appraisal
        .submit(() -> judge.judge(application, channel))
        .thenCompose(
            judgement -> {
              if (!(judgement instanceof Judgement.Known known)) {
                return refuse(judgement);
              }
              Judgement.Known asked = holdsNonce ? known.with(known.standing(), Nonce.HELD) : known;
              return conclusions.of(application, asked);
            });
  }

  /**
   * Answers questions by the same policies, pool and ledger.
   *
   * @param tenant on whose behalf
   * @param judge judges bundles
   * @param nanos a clock such as {@link System#nanoTime}
   */
  Evaluations evaluations(
      String tenant,
      BundleJudge judge,
      InstantSource clock,
      SecureRandom random,
      LongSupplier nanos) {
    return new Evaluations(
        operations,
        appraisal,
        ledger,
        policies,
        modes,
        this::away,
        tenant,
        new ShownArtifacts(judge, ledger, tenant, clock, random),
        Evaluations.standardRate(nanos),
        clock,
        random,
        refusals,
        telemetry);
  }

  /** Why nothing can be decided now, where that is known beforehand. */
  Optional<Denial> away() {
    return signer.away().or(policies::unusable);
  }

  /** Not a leaf: nobody known asked, or too often. */
  private CompletionStage<Attempt> refuse(Judgement judgement) {
    Denial denial =
        judgement instanceof Judgement.Unauthenticated stranger
            ? stranger.denial()
            : HostRate.EXCEEDED;
    refusals.count(denial);
    return Attempt.ended(denial);
  }

  private static IssuanceOutcome logged(Attempt attempt, long asked) {
    attempt.receipt().ifPresent(receipt -> DecisionLog.log(receipt, asked));
    return attempt.outcome();
  }

  private IssuanceOutcome measured(IssuanceOutcome outcome, long asked) {
    if (outcome instanceof IssuanceOutcome.Denied denied) {
      telemetry.denied(denied.denial().code());
    } else {
      telemetry.allowed();
    }
    telemetry.ended(Telemetry.Stage.ANSWER, asked);
    return outcome;
  }
}
