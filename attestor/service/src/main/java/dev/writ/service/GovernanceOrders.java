// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
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
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Break-glass and freezes. A grant of break-glass was signed beforehand by as many approvers as the policy
 * asks for, and is used by one person's word; a freeze takes one person's word and is lifted by operators
 * together ({@link DualControl}). Each is a leaf, and says who said it and why. That somebody may ask here
 * gives him nothing: what counts are signatures.
 */
public final class GovernanceOrders {
  /** How old an order may be: one that was signed and kept is none. */
  static final Duration LATEST = Duration.ofMinutes(10);

  private final Operations operations;
  private final WorkPool pool;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final Policies policies;
  private final Modes modes;
  private final InstantSource clock;
  private final SecureRandom random;

  GovernanceOrders(
      Operations operations,
      WorkPool pool,
      Ledger ledger,
      TrustFiles trust,
      Policies policies,
      Modes modes,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.pool = pool;
    this.ledger = ledger;
    this.trust = trust;
    this.policies = policies;
    this.modes = modes;
    this.clock = clock;
    this.random = random;
  }

  /** What became of an order. */
  public sealed interface Outcome {
    /** The ledger has it. */
    record Taken(GovernanceStep step, long leafIndex) implements Outcome {}

    /** Nothing was changed. */
    record Denied(Denial denial) implements Outcome {}
  }

  /** What is in force, and the uses of break-glass. */
  record Standing(ModeInForce mode, List<BreakglassUse> uses) {}

  /** What holds in every way that can be seen before it is committed. */
  private record Judged(GovernanceStep step, GovernanceChange change, List<Precondition> needed) {}

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
                            .thenCompose(outcome -> followed(told(judged.step(), outcome)))),
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

  private Entry entry(Judged judged) {
    Leaf leaf = Leaf.of(now(), UuidV7.next(clock, random), List.of(policies.leaf()), judged.step());
    return new Entry(
        leaf,
        List.of(new StateChange.ChangeGovernance(judged.change())),
        judged.needed(),
        Optional.empty());
  }

  private static Outcome told(GovernanceStep step, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return new Outcome.Taken(step, receipt.index());
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

  private Judged judged(BreakglassGrant grant, GovernanceOrder order) throws LedgerException {
    if (order.kind() != Kind.USE || !order.grant().equals(Optional.of(grant.digest()))) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "breakglass_other_grant",
          "the order must be a use of the grant beside it, and is not");
    }
    TrustContent believed = trust.newest().content();
    requireSigned(order, believed);
    if (!grant.issuer().equals(believed.issuer())) {
      throw elsewhere("grant", believed);
    }
    policies.align();
    PolicyInForce policy = policies.inForce();
    Breakglass terms = terms(policy);
    requireApproved(grant, terms, believed);
    Instant now = now();
    if (now.isBefore(grant.notBefore())) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "breakglass_not_yet",
          "the grant must be used from " + grant.notBefore() + " on, and it is " + now);
    }
    if (!now.isBefore(grant.notAfter())) {
      throw denied(
          DenialCode.EXPIRED,
          "breakglass_expired",
          "the grant must be used before " + grant.notAfter() + ", and it is " + now);
    }
    Duration ttl = grant.ttl().compareTo(terms.maxTtl()) < 0 ? grant.ttl() : terms.maxTtl();
    Instant from = now.truncatedTo(ChronoUnit.SECONDS);
    GovernanceStep.Begun step =
        new GovernanceStep.Begun(grant, order, from.plus(ttl), from.plus(terms.reviewWithin()));
    return new Judged(
        step,
        new GovernanceChange.Begin(
            grant.digest(), order.signer(), order.overFreeze(), step.ends(), step.reviewBy()),
        List.of(new Precondition.EpochIs(policy.epoch()), unchanged(believed)));
  }

  /** Who counts was read in this trust file: where a later one is published first, it is judged again. */
  private static Precondition unchanged(TrustContent believed) {
    return new Precondition.NoTrustAfter(believed.version());
  }

  private static Breakglass terms(PolicyInForce policy) {
    return policy
        .document()
        .breakglass()
        .orElseThrow(
            () ->
                denied(
                    DenialCode.POLICY_DENIED,
                    "breakglass_not_provided",
                    "the policy in force must have breakglass, and has none: nobody breaks the glass"
                        + " under it"));
  }

  /** By those whom the policy in force lists and the trust file in force names. */
  private static void requireApproved(
      BreakglassGrant grant, Breakglass terms, TrustContent believed) {
    List<VerificationKey> keys =
        grant.signatures().stream()
            .map(signature -> believed.approverOrOperator(signature.kid()))
            .flatMap(Optional::stream)
            .filter(key -> terms.approvers().contains(name(key.kid())))
            .toList();
    Set<Hash> signers = grant.signers(keys);
    if (signers.size() < terms.threshold()) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "breakglass_approvals_missing",
          "the grant must be signed by "
              + terms.threshold()
              + " of the breakglass.approvers of the policy in force whom trust file version "
              + believed.version()
              + " names, and is by "
              + signers.size());
    }
  }

  private Judged judged(GovernanceOrder order) throws LedgerException {
    if (order.kind() == Kind.USE) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "breakglass_other_grant",
          "a use must come with its grant, and comes without");
    }
    TrustContent believed = trust.newest().content();
    requireSigned(order, believed);
    GovernanceStep.Ordered step = new GovernanceStep.Ordered(order);
    if (order.kind() == Kind.FREEZE) {
      return new Judged(
          step, new GovernanceChange.Freeze(order.digest()), List.of(unchanged(believed)));
    } else if (order.kind() == Kind.END) {
      return new Judged(
          step,
          new GovernanceChange.End(step.grant(), order.digest()),
          List.of(unchanged(believed)));
    }
    policies.align();
    PolicyInForce policy = policies.inForce();
    requireReviewer(order, policy);
    return new Judged(
        step,
        new GovernanceChange.Review(step.grant(), order.signer()),
        List.of(new Precondition.EpochIs(policy.epoch()), unchanged(believed)));
  }

  /** Under a policy without break-glass none begins; of those before it, any approver or operator tells. */
  private static void requireReviewer(GovernanceOrder order, PolicyInForce policy) {
    Optional<Breakglass> terms = policy.document().breakglass();
    if (terms.isPresent() && !terms.get().approvers().contains(name(order.signer()))) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "reviewer_unknown",
          "a break-glass must be reviewed by one of the breakglass.approvers of the policy in force, and"
              + " is by "
              + name(order.signer()));
    }
  }

  private void requireSigned(GovernanceOrder order, TrustContent believed) {
    if (!order.issuer().equals(believed.issuer())) {
      throw elsewhere("order", believed);
    }
    boolean signed =
        believed
            .approverOrOperator(order.signer())
            .map(key -> new KeyQuorum(1, List.of(key)))
            .filter(alone -> order.signature().verifies(alone, order.signingInput()))
            .isPresent();
    if (!signed) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "order_signature",
          "the order must be signed by a policy approver or operator of trust file version "
              + believed.version()
              + ", and is not");
    }
    Instant now = now();
    if (order.given().isAfter(now.plus(believed.skew()))) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "order_ahead",
          "the order must have been given by " + now + ", and was at " + order.given());
    }
    if (order.given().isBefore(now.minus(LATEST))) {
      throw denied(
          DenialCode.EXPIRED,
          "order_old",
          "the order must have been given no longer ago than "
              + LATEST
              + ", and was at "
              + order.given()
              + ": sign another");
    }
  }

  private static DeniedException elsewhere(String what, TrustContent believed) {
    return denied(
        DenialCode.SCOPE_EXCEEDED,
        "order_elsewhere",
        "the " + what + " must be for " + believed.issuer() + ", and is for another issuer");
  }

  private static String name(Hash kid) {
    return PublicRoutes.base64Url(kid.bytes());
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
}
