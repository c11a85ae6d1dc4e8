// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Answers enforcement points that speak AuthZEN Authorization API 1.0. Where an artifact is shown it is
 * judged; else the policy is asked with nothing attested, so that whatever rests on a machine's state denies,
 * and it answers only what its document names. Each question that was asked has its leaf, under a signed checkpoint, before
 * any answer leaves; one that is asked twice is decided and recorded twice.
 */
final class Evaluations {
  /** Questions of one asker: each is a leaf for ever. */
  static final int PER_SECOND = 1_000;

  static final int BURST = 2_000;
  private static final int MOST_ASKERS = 1_024;

  private static final Denial TOO_OFTEN =
      Denial.overloaded(
          "asker_rate",
          "an enforcement point must ask no more questions than its rate allows, and asked more; ask"
              + " later");

  private static final Denial STATE_CHANGED =
      Denial.unavailable(
          "state_changed",
          "policy, mode and artifacts must hold when an answer is committed, and did not, twice");

  private final Operations operations;
  private final WorkPool appraisal;
  private final Ledger ledger;
  private final Policies policies;
  private final Modes modes;
  private final Supplier<Optional<Denial>> away;
  private final String tenant;
  private final ShownArtifacts shown;
  private final HostRate rate;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Refusals refusals;
  private final Telemetry telemetry;

  /**
   * Answers.
   *
   * @param away why nothing can be decided now
   * @param tenant on whose behalf
   * @param shown judges artifacts
   */
  Evaluations(
      Operations operations,
      WorkPool appraisal,
      Ledger ledger,
      Policies policies,
      Modes modes,
      Supplier<Optional<Denial>> away,
      String tenant,
      ShownArtifacts shown,
      HostRate rate,
      InstantSource clock,
      SecureRandom random,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.ledger = ledger;
    this.policies = policies;
    this.modes = modes;
    this.away = away;
    this.tenant = tenant;
    this.shown = shown;
    this.rate = rate;
    this.clock = clock;
    this.random = random;
    this.refusals = refusals;
    this.telemetry = telemetry;
  }

  static HostRate standardRate(LongSupplier nanos) {
    return new HostRate(PER_SECOND, BURST, MOST_ASKERS, nanos);
  }

  /** How a body ended. */
  sealed interface Outcome {
    /**
     * Its questions, as far as the semantic goes, are answered.
     *
     * @param answers each with the id of its leaf
     */
    record Answered(List<Answer> answers) implements Outcome {}

    /** Nothing is answered. */
    record Denied(Denial denial) implements Outcome {}
  }

  /**
   * One answer.
   *
   * @param denied why it is no
   * @param message the same for whoever asked
   * @param leaf the id of its leaf
   */
  record Answer(Optional<Evaluation.Denied> denied, String message, UuidV7 leaf) {
    boolean allowed() {
      return denied.isEmpty();
    }
  }

  /**
   * Answers what a body asks.
   *
   * @param asker who asks, as the door knows them
   */
  CompletionStage<Outcome> ask(AuthzenBatch batch, String asker) {
    if (!rate.take(asker, batch.questions().size())) {
      refusals.count(TOO_OFTEN);
      return CompletableFuture.completedFuture(new Outcome.Denied(TOO_OFTEN));
    }
    long asked = System.nanoTime();
    return operations.begin(
        "an evaluation",
        () ->
            attempt(batch, asker, asked)
                .thenCompose(
                    first ->
                        first.isPresent()
                            ? CompletableFuture.completedFuture(first.get())
                            : appraisal
                                .submit(this::followed)
                                .thenCompose(again -> attempt(batch, asker, asked))
                                .thenApply(
                                    second ->
                                        second.orElseGet(() -> new Outcome.Denied(STATE_CHANGED)))),
        Outcome.Denied::new);
  }

  private boolean followed() throws LedgerException {
    policies.align();
    modes.align();
    return true;
  }

  /** An answer that is decided, and its entry. */
  private record Decided(Optional<Evaluation.Denied> denied, String message, Entry entry) {}

  /** Empty where policy or mode changed under the answers, and not all could be kept. */
  private CompletionStage<Optional<Outcome>> attempt(AuthzenBatch batch, String asker, long asked) {
    Optional<Denial> cannot = away.get();
    if (cannot.isPresent()) {
      refusals.count(cannot.get());
      return CompletableFuture.completedFuture(Optional.of(new Outcome.Denied(cannot.get())));
    }
    return tokens(batch)
        .thenCompose(tokens -> appraisal.submit(() -> decide(batch, asker, tokens)))
        .thenCompose(
            decided ->
                ledger
                    .commit(decided.stream().map(Decided::entry).toList())
                    .thenApply(outcomes -> outcome(decided, outcomes, asked)));
  }

  /** Of each question, in their order. */
  private CompletionStage<List<Optional<StatusToken>>> tokens(AuthzenBatch batch) {
    CompletionStage<List<Optional<StatusToken>>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (AuthzenQuestion question : batch.questions()) {
      all =
          all.thenCombine(
              shown.newestToken(question),
              (tokens, token) -> {
                List<Optional<StatusToken>> more = new ArrayList<>(tokens);
                more.add(token);
                return more;
              });
    }
    return all;
  }

  private List<Decided> decide(AuthzenBatch batch, String asker, List<Optional<StatusToken>> tokens)
      throws LedgerException {
    PolicyInForce policy = policies.inForce().under(modes.inForce());
    Instant now = Instant.ofEpochMilli(clock.millis());
    List<Decided> all = new ArrayList<>();
    for (AuthzenQuestion question : batch.questions()) {
      Decided decided =
          question.proof().isPresent()
              ? judged(question, question.proof().get(), asker, tokens.get(all.size()))
              : decided(question, asker, policy, now);
      all.add(decided);
      if (batch.semantic().endsAfter(decided.denied().isEmpty())) {
        break;
      }
    }
    return all;
  }

  private Decided judged(
      AuthzenQuestion question, AuthzenProof proof, String asker, Optional<StatusToken> token)
      throws LedgerException {
    ShownArtifacts.Judged judged = shown.judge(question, proof, asker, token);
    return new Decided(
        judged.denial().map(denial -> new Evaluation.Denied(denial.code(), denial.reason())),
        judged.denial().map(Denial::message).orElse(""),
        judged.entry());
  }

  private Decided decided(
      AuthzenQuestion question, String asker, PolicyInForce policy, Instant now) {
    AuthzenAnswer answer =
        AuthzenAnswer.of(policy, PolicyInputs.question(question, asker, tenant, policy, now));
    return new Decided(answer.denied(), answer.message(), entry(policy, answer, now));
  }

  private Entry entry(PolicyInForce policy, AuthzenAnswer answer, Instant now) {
    byte[] salt = Commitment.newSalt(random);
    List<Hash> parents = new ArrayList<>(List.of(policy.leaf()));
    policy.mode().parent(now).ifPresent(parents::add);
    Leaf leaf =
        Leaf.of(
            now,
            UuidV7.next(clock, random),
            parents,
            new Evaluation(
                answer.denied(),
                Commitment.of(salt, answer.decision().inputsJson()),
                policy.digest(),
                policy.epoch()));
    return Entry.of(leaf)
        .given(new Precondition.EpochIs(policy.epoch()), policy.mode().unchanged())
        .withPayload(Payload.evaluation(answer.decision(), salt, Commitment.newSalt(random)));
  }

  private Optional<Outcome> outcome(
      List<Decided> decided, List<CommitOutcome> outcomes, long asked) {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < outcomes.size(); i++) {
      CommitOutcome outcome = outcomes.get(i);
      if (outcome instanceof CommitOutcome.Superseded) {
        return Optional.empty();
      } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
        return Optional.of(new Outcome.Denied(Denial.of(unavailable)));
      } else if (outcome instanceof CommitOutcome.Refused refused) {
        return Optional.of(
            new Outcome.Denied(
                Denial.unavailable(
                    "ledger_refused",
                    "the ledger must take the answer, and refused it: "
                        + refused.why().name().toLowerCase(Locale.ROOT))));
      } else if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
        throw new IllegalStateException("bug: an answer takes nothing, yet got " + outcome);
      } else {
        Decided each = decided.get(i);
        answers.add(new Answer(each.denied(), each.message(), receipt.leaf().id()));
        DecisionLog.log(receipt, asked);
        telemetry.evaluated(each.denied().map(Evaluation.Denied::code));
      }
    }
    return Optional.of(new Outcome.Answered(answers));
  }
}
