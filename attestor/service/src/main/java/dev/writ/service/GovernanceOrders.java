// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.BreakglassUse;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.GovernanceChange;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Breakglass;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Break-glass and freezes. A grant of break-glass was signed beforehand by as many approvers as the policy
 * asks for, and is used by one person's word; a freeze takes one person's word and is lifted by operators
 * together ({@link DualControl}). Each is a leaf, and says who said it and why. That somebody may ask here
 * gives him nothing: what counts are signatures.
 */
public final class GovernanceOrders implements AutoCloseable {
  /** None waits for a policy that is being published: a freeze is urgent. */
  private static final Limits.Pool ONE_BY_ONE = new Limits.Pool(1, 16, Duration.ofSeconds(10));

  private final Operations operations;
  private final WorkPool pool = new WorkPool("orders", ONE_BY_ONE);
  private final Ledger ledger;
  private final TrustFiles trust;
  private final Policies policies;
  private final Modes modes;
  private final StatusTokens tokens;
  private final InstantSource clock;
  private final SecureRandom random;

  GovernanceOrders(
      Operations operations,
      Ledger ledger,
      TrustFiles trust,
      Policies policies,
      Modes modes,
      StatusTokens tokens,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.ledger = ledger;
    this.trust = trust;
    this.policies = policies;
    this.modes = modes;
    this.tokens = tokens;
    this.clock = clock;
    this.random = random;
  }

  /** What became of an order. */
  public sealed interface Outcome {
    /**
     * The ledger has it.
     *
     * @param revoked of a freeze and an end: how many artifacts of break-glasses are revoked that would
     *     not have ended yet
     */
    record Taken(GovernanceStep step, long leafIndex, OptionalLong revoked) implements Outcome {}

    /** Nothing was changed. */
    record Denied(Denial denial) implements Outcome {}
  }

  /** What is in force, and the uses of break-glass. */
  record Standing(ModeInForce mode, List<BreakglassUse> uses) {}

  /**
   * What holds in every way that can be seen before it is committed.
   *
   * @param at when, which is its leaf's time: from that leaf it is judged again
   * @param parents the leaf of the policy then in force, and that of a break-glass of which it revokes what
   *     was issued
   */
  private record Judged(
      Instant at,
      List<Hash> parents,
      GovernanceStep step,
      GovernanceChange change,
      List<Precondition> needed) {}

  /** Uses a grant: it begins at once. */
  public CompletionStage<Outcome> use(BreakglassGrant grant, GovernanceOrder order) {
    return take("a break-glass", () -> judged(grant, order));
  }

  /** Freezes, or ends or reviews a break-glass. */
  public CompletionStage<Outcome> order(GovernanceOrder order) {
    return take("a governance order", () -> judged(order));
  }

  /** How it stands, by the ledger. */
  Standing standing() throws LedgerException {
    modes.align();
    return new Standing(modes.inForce(), ledger.breakglassUses());
  }

  Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  private CompletionStage<Outcome> take(String what, WorkPool.Work<Judged> judge) {
    return operations.begin(
        what,
        () ->
            pool.submit(judge)
                .thenCompose(
                    judged ->
                        ledger
                            .commit(entry(judged))
                            .thenCompose(outcome -> followed(told(judged.step(), outcome)))
                            .thenCompose(outcome -> published(judged.step(), outcome))),
        Outcome.Denied::new);
  }

  /** Whatever fails from here on, the ledger has it or not. */
  private CompletionStage<Outcome> followed(Outcome outcome) {
    return pool.<Outcome>submit(
            () -> {
              modes.follow();
              return outcome;
            })
        .exceptionally(failure -> outcome);
  }

  /**
   * What an order revokes, gateways are told before its answer: also where the answer is that an earlier
   * one was taken, which may have been told to nobody.
   */
  private CompletionStage<Outcome> published(GovernanceStep step, Outcome outcome) {
    if (!(step instanceof GovernanceStep.Ordered ordered) || !ordered.revokes()) {
      return CompletableFuture.completedFuture(outcome);
    }
    return pool.submit(ledger::revokedOfBreakglass)
        .thenCompose(
            revoked ->
                CompletableFuture.allOf(
                        revoked.statusLists().stream()
                            .map(list -> tokens.publish(list).toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .thenApply(done -> revoked.number()))
        .handle(
            (revoked, failure) -> {
              if (!(outcome instanceof Outcome.Taken taken)) {
                return outcome;
              }
              return failure == null
                  ? new Outcome.Taken(step, taken.leafIndex(), OptionalLong.of(revoked))
                  : new Outcome.Denied(notPublished(taken.leafIndex()));
            });
  }

  private static Denial notPublished(long leaf) {
    return Denial.unavailable(
        "status_not_published",
        "leaf "
            + leaf
            + " of the ledger has the order, and revokes what was issued under a break-glass; no status"
            + " token says so yet: the next that can be made will");
  }

  private Entry entry(Judged judged) {
    Leaf leaf = Leaf.of(judged.at(), UuidV7.next(clock, random), judged.parents(), judged.step());
    return new Entry(
        leaf,
        List.of(new StateChange.ChangeGovernance(judged.change())),
        judged.needed(),
        Optional.empty());
  }

  private static Outcome told(GovernanceStep step, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return new Outcome.Taken(step, receipt.index(), OptionalLong.empty());
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return new Outcome.Denied(refusal(refused.why()));
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return new Outcome.Denied(Denial.of(unavailable));
    }
    return new Outcome.Denied(
        Denial.unavailable(
            "state_changed",
            "the policy and the trust file by which it was judged must be the newest when it is committed,"
                + " and another came; send it again"));
  }

  private OrderJudgement judgement() {
    return new OrderJudgement(trust.newest().content(), now());
  }

  /** The same where a clock that was set back would let live what is over, or ripen what is not. */
  private OrderJudgement judgementInTime() throws LedgerException {
    OrderJudgement judgement = judgement();
    OperationLedger.requireClock(ledger, judgement.believed().skew(), judgement.at());
    return judgement;
  }

  private Judged judged(BreakglassGrant grant, GovernanceOrder order) throws LedgerException {
    if (order.kind() != Kind.USE || !order.grant().equals(Optional.of(grant.digest()))) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "breakglass_other_grant",
          "the order must be a use of the grant beside it, and is not");
    }
    policies.align();
    PolicyInForce policy = policies.inForce();
    OrderJudgement judgement = judgementInTime();
    GovernanceStep.Begun step = judgement.begun(grant, order, policy.document().breakglass());
    return new Judged(
        judgement.at(),
        List.of(policy.leaf()),
        step,
        new GovernanceChange.Begin(
            grant.digest(), order.signer(), order.overFreeze(), step.ends(), step.reviewBy()),
        List.of(new Precondition.EpochIs(policy.epoch()), unchanged(judgement)));
  }

  /** Who counts was read in this trust file: where a later one is published first, it is judged again. */
  private static Precondition unchanged(OrderJudgement judgement) {
    return new Precondition.NoTrustAfter(judgement.believed().version());
  }

  private Judged judged(GovernanceOrder order) throws LedgerException {
    if (order.kind() == Kind.USE) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "breakglass_other_grant",
          "a use must come with its grant, and comes without");
    }
    GovernanceStep.Ordered step = GovernanceStep.Ordered.of(order);
    if (order.kind() == Kind.FREEZE || order.kind() == Kind.END) {
      OrderJudgement judgement = order.kind() == Kind.FREEZE ? judgement() : judgementInTime();
      judgement.requireGiven(order);
      return new Judged(
          judgement.at(),
          closing(judgement.at()),
          step,
          order.kind() == Kind.FREEZE
              ? new GovernanceChange.Freeze(order.digest())
              : new GovernanceChange.End(step.grant(), order.digest()),
          List.of(unchanged(judgement)));
    }
    policies.align();
    PolicyInForce policy = policies.inForce();
    OrderJudgement judgement = judgementInTime();
    judgement.requireGiven(order);
    requireReviewer(order, policy);
    return new Judged(
        judgement.at(),
        List.of(policy.leaf()),
        step,
        new GovernanceChange.Review(step.grant(), order.signer()),
        List.of(new Precondition.EpochIs(policy.epoch()), unchanged(judgement)));
  }

  /** The leaves that a freeze or an end comes from. */
  private List<Hash> closing(Instant at) {
    modes.follow();
    return modes
        .inForce()
        .parent(at)
        .map(begun -> List.of(policies.leaf(), begun))
        .orElseGet(() -> List.of(policies.leaf()));
  }

  /** Under a policy without break-glass none begins; of those before it, any approver or operator tells. */
  private static void requireReviewer(GovernanceOrder order, PolicyInForce policy) {
    Optional<Breakglass> terms = policy.document().breakglass();
    if (terms.isPresent()
        && !terms.get().approvers().contains(PublicRoutes.base64Url(order.signer().bytes()))) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "reviewer_unknown",
          "a break-glass must be reviewed by one of the breakglass.approvers of the policy in force, and"
              + " is by "
              + PublicRoutes.base64Url(order.signer().bytes()));
    }
  }

  /** Why the ledger did not take an order, or an operation that lifts a freeze. */
  static Denial refusal(CommitOutcome.Refusal why) {
    return switch (why) {
      case GRANT_USED ->
          new Denial(
              DenialCode.REPLAYED,
              "breakglass_used",
              "a grant must be used once, and was used before: take another from the safe");
      case REVIEW_OVERDUE ->
          new Denial(
              DenialCode.POLICY_DENIED,
              "breakglass_review_overdue",
              "each break-glass must be reviewed in time before another begins, and one was not: see"
                  + " writ policy breakglass status");
      case FREEZE_NOT_NAMED ->
          new Denial(
              DenialCode.POLICY_DENIED,
              "breakglass_over_freeze",
              "a use must name the freeze that it overrides, and none where nothing is frozen: see writ"
                  + " policy breakglass status");
      case ALREADY_FROZEN ->
          new Denial(
              DenialCode.REPLAYED, "already_frozen", "the service must not be frozen, and is");
      case ORDER_TAKEN ->
          new Denial(DenialCode.REPLAYED, "order_taken", "an order is taken once, and was before");
      case GRANT_UNKNOWN ->
          new Denial(
              DenialCode.ARTIFACT_MISSING,
              "breakglass_unknown",
              "the grant must have been used here, and was not");
      case BREAKGLASS_OVER ->
          new Denial(
              DenialCode.REPLAYED,
              "breakglass_over",
              "what is ended must be the newest break-glass, and last, and does not");
      case BREAKGLASS_NOT_OVER ->
          new Denial(
              DenialCode.NOT_YET_VALID,
              "breakglass_not_over",
              "a break-glass must be over when it is reviewed, and lasts: end it with writ policy"
                  + " breakglass use --end");
      case ALREADY_REVIEWED ->
          new Denial(
              DenialCode.REPLAYED,
              "breakglass_reviewed",
              "a break-glass is reviewed once, and was before");
      case REVIEWER_IS_USER ->
          new Denial(
              DenialCode.POLICY_DENIED,
              "reviewer_is_user",
              "who reviews a break-glass must be another than who used it, and is not");
      default -> throw new IllegalStateException("bug: no order is refused for " + why);
    };
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }

  WorkPool pool() {
    return pool;
  }

  @Override
  public void close() {
    pool.close();
  }
}
