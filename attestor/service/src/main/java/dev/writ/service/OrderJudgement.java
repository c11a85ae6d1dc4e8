// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.LedgerRules;
import dev.writ.ledger.RecordedState;
import dev.writ.policy.Breakglass;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Whether an order holds, and the grant that it uses: when it is given, and once more from its leaf,
 * whoever put that there. What counts are the signatures.
 *
 * @param believed the newest trust file at that time
 * @param at the time of the leaf
 */
record OrderJudgement(TrustContent believed, Instant at) {
  /** How old an order may be: one that was signed and kept is none. */
  static final Duration LATEST = Duration.ofMinutes(10);

  /**
   * What a break-glass comes to that begins now.
   *
   * @param terms of the policy in force
   * @throws DeniedException if none may
   */
  GovernanceStep.Begun begun(
      BreakglassGrant grant, GovernanceOrder use, Optional<Breakglass> terms) {
    requireGiven(use);
    if (!grant.issuer().equals(believed.issuer())) {
      throw elsewhere("grant");
    }
    Breakglass provided =
        terms.orElseThrow(
            () ->
                denied(
                    DenialCode.POLICY_DENIED,
                    "breakglass_not_provided",
                    "the policy in force must have breakglass, and has none: nobody breaks the glass"
                        + " under it"));
    requireApproved(grant, provided);
    requireInTime(grant);
    Duration ttl = grant.ttl().compareTo(provided.maxTtl()) < 0 ? grant.ttl() : provided.maxTtl();
    Instant from = at.truncatedTo(ChronoUnit.SECONDS);
    return new GovernanceStep.Begun(grant, use, from.plus(ttl), from.plus(provided.reviewWithin()));
  }

  /** By those whom the policy in force lists and the trust file in force names. */
  private void requireApproved(BreakglassGrant grant, Breakglass terms) {
    List<VerificationKey> keys =
        grant.signatures().stream()
            .map(signature -> believed.approverOrOperator(signature.kid()))
            .flatMap(Optional::stream)
            .filter(key -> terms.approvers().contains(PublicRoutes.base64Url(key.kid().bytes())))
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

  private void requireInTime(BreakglassGrant grant) {
    if (at.isBefore(grant.notBefore())) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "breakglass_not_yet",
          "the grant must be used from " + grant.notBefore() + " on, and it is " + at);
    }
    if (!at.isBefore(grant.notAfter())) {
      throw denied(
          DenialCode.EXPIRED,
          "breakglass_expired",
          "the grant must be used before " + grant.notAfter() + ", and it is " + at);
    }
  }

  /**
   * That somebody who may says so, here and now.
   *
   * @throws DeniedException if not
   */
  void requireGiven(GovernanceOrder order) {
    if (!order.issuer().equals(believed.issuer())) {
      throw elsewhere("order");
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
    // A freeze tightens, and is taken from somebody whose clock is right by a service whose clock
    // is behind.
    if (order.kind() != GovernanceOrder.Kind.FREEZE
        && order.given().isAfter(at.plus(believed.skew()))) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "order_ahead",
          "the order must have been given by " + at + ", and was at " + order.given());
    }
    if (order.given().isBefore(at.minus(LATEST))) {
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

  /** How the row of a break-glass and its leaf contradict each other, if they do. */
  static Optional<String> contradiction(GovernanceMode.Breakglass row, Leaf leaf) {
    return leaf.body() instanceof GovernanceStep.Begun step
            && step.grant().digest().equals(row.grant())
            && step.ends().equals(row.ends())
        ? Optional.empty()
        : Optional.of(
            "leaf "
                + row.begunBy()
                + " must begin the break-glass of grant "
                + row.grant()
                + " until "
                + row.ends()
                + ", as the store says, and does not");
  }

  /**
   * Why a leaf begins no break-glass, if it does not.
   *
   * @param state in which it is: a freeze that lasts is overridden by who named it alone
   * @param policyLeaf of the policy in force before it
   * @param terms of that policy
   */
  static Optional<String> whyNotBegun(
      GovernanceMode state,
      Leaf leaf,
      Hash policyLeaf,
      Optional<Breakglass> terms,
      TrustContent believed) {
    if (!(leaf.body() instanceof GovernanceStep.Begun step)
        || !leaf.parents().contains(policyLeaf)) {
      return Optional.of("it must come from the policy in force before it, and does not");
    }
    long begun = state.breakglass().orElseThrow().begunBy();
    if (state.frozenBy().isPresent()
        && state.frozenBy().getAsLong() < begun
        && !state.frozenBy().equals(step.order().overFreeze())) {
      return Optional.of(
          "it must be over the freeze of leaf " + state.frozenBy().getAsLong() + ", and is not");
    }
    try {
      return new OrderJudgement(believed, leaf.time())
              .begun(step.grant(), step.order(), terms)
              .equals(step)
          ? Optional.empty()
          : Optional.of("it must end, and be reviewed, when that policy says, and is otherwise");
    } catch (DeniedException e) {
      return Optional.of(e.denial().message());
    }
  }

  /**
   * Why a leaf begins no break-glass: an earlier one of its grant did. Whoever takes that out of the state
   * cannot take it out of the log.
   *
   * @param from when it may have been first
   */
  static Optional<String> usedBefore(
      RecordedState ledger, long index, GovernanceStep.Begun step, Instant from)
      throws LedgerException {
    long first = ledger.firstFrom(from.minus(LedgerRules.MAX_STEP_BACK));
    OptionalLong used = ledger.firstUse(step.grant().digest(), first, index);
    return used.isPresent()
        ? Optional.of("a grant must be used once, and leaf " + used.getAsLong() + " used it before")
        : Optional.empty();
  }

  private DeniedException elsewhere(String what) {
    return denied(
        DenialCode.SCOPE_EXCEEDED,
        "order_elsewhere",
        "the " + what + " must be for " + believed.issuer() + ", and is for another issuer");
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }
}
