// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a child may no more than its parent. There are two ways to be narrower, and a child takes one:
 *
 * <ul>
 *   <li>It is handed the parent's own act: the same action, resource and arguments, to Relying Parties of the
 *       parent's. Only where the parent counts no uses: those are counted at its gateway, and nobody else
 *       knows how many are left.
 *   <li>It is within the parent's {@code act.delegable}.
 * </ul>
 *
 * <p>Either way it has each of the parent's limits, none greater, and what it may delegate further is within
 * what the parent may.
 */
public final class Narrowing {
  private Narrowing() {}

  /**
   * In what a child is wider.
   *
   * @param field of the child
   */
  public record Excess(String field, String mustBe, String was) {}

  /** What a request takes from its parent. */
  public sealed interface Outcome {
    /**
     * The request is within the parent.
     *
     * @param uses that it draws from those that the parent may delegate; 0 where it counts none
     * @param ownAct whether it is the parent's own act that is handed over
     */
    record Within(long uses, boolean ownAct) implements Outcome {}

    /** It is wider. */
    record Wider(Excess excess) implements Outcome {}
  }

  /** Judges a request that names a parent. */
  public static Outcome judge(ArtifactClaims parent, ExecutionRequest child) {
    Optional<Excess> general =
        differs("iss", parent.iss(), child.iss())
            .or(() -> differs("tenant", parent.tenant(), child.tenant()))
            .or(() -> differs("parent", Optional.of(parent.jti()), child.parent()))
            .or(() -> limits(parent.act(), child.act()))
            .or(() -> delegatesMore(parent.act(), child.act()));
    if (general.isPresent()) {
      return new Outcome.Wider(general.get());
    }
    Optional<Excess> handed = handedOver(parent, child);
    if (handed.isEmpty()) {
      return drawn(parent.act(), furtherUses(child.act()), true);
    }
    if (parent.act().delegable().isEmpty()) {
      return new Outcome.Wider(handed.get());
    }
    Optional<Excess> wider = delegated(parent.act().delegable().get(), child);
    return wider.isPresent()
        ? new Outcome.Wider(wider.get())
        : drawn(parent.act(), child.act().maxUses() + furtherUses(child.act()), false);
  }

  /** In what an artifact that names {@code parent} says more than it may; empty where in nothing. */
  public static Optional<Excess> excess(ArtifactClaims parent, ArtifactClaims child) {
    Lineage above = parent.lineage();
    Lineage below = child.lineage();
    if (judge(parent, child.request()) instanceof Outcome.Wider wider) {
      return Optional.of(wider.excess());
    }
    return differs("lineage.root", above.root(), below.root())
        .or(() -> differs("lineage.depth", above.depth() + 1, below.depth()))
        .or(() -> differs("policy.epoch", parent.policy().epoch(), child.policy().epoch()))
        .or(() -> differs("gov.initiator", parent.gov().initiator(), child.gov().initiator()))
        .or(
            () ->
                require(
                    "gov.obligations",
                    "all of " + parent.gov().obligations(),
                    child.gov().obligations().toString(),
                    new HashSet<>(child.gov().obligations())
                        .containsAll(parent.gov().obligations())))
        .or(
            () ->
                require(
                    "gov.mode",
                    parent.gov().mode().wire(),
                    child.gov().mode().wire(),
                    parent.gov().mode() != Governance.Mode.BREAK_GLASS
                        || child.gov().mode() == Governance.Mode.BREAK_GLASS))
        .or(
            () ->
                require(
                    "exp",
                    "at most " + parent.exp(),
                    child.exp().toString(),
                    !child.exp().isAfter(parent.exp())))
        .or(
            () ->
                require(
                    "nbf",
                    "not before " + parent.nbf(),
                    child.nbf().toString(),
                    !child.nbf().isBefore(parent.nbf())));
  }

  private static Optional<Excess> limits(Act parent, Act child) {
    for (Map.Entry<String, Long> limit : parent.limits().entrySet()) {
      Long own = child.limits().get(limit.getKey());
      if (own == null || own > limit.getValue()) {
        return Optional.of(
            new Excess(
                "act.limits." + limit.getKey(),
                "at most " + limit.getValue(),
                own == null ? "unlimited" : own.toString()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Excess> delegatesMore(Act parent, Act child) {
    if (child.delegable().isEmpty()) {
      return Optional.empty();
    }
    Delegable below = child.delegable().get();
    if (parent.delegable().isEmpty()) {
      return Optional.of(new Excess("act.delegable", "absent, as in the parent", "present"));
    }
    Delegable above = parent.delegable().get();
    return subset("act.delegable.actions", above.actions(), below.actions())
        .or(() -> subset("act.delegable.aud", above.aud(), below.aud()))
        .or(
            () ->
                below.resources().stream()
                    .filter(resource -> !above.covers(resource))
                    .findFirst()
                    .map(
                        resource ->
                            new Excess(
                                "act.delegable.resources",
                                "below one of " + above.resources(),
                                resource)))
        .or(
            () ->
                require(
                    "act.delegable.max_uses",
                    "present, as in the parent",
                    "absent",
                    !above.countsUses() || below.countsUses()));
  }

  private static Optional<Excess> handedOver(ArtifactClaims parent, ExecutionRequest child) {
    Act own = parent.act();
    Act act = child.act();
    return differs("act.action", own.action(), act.action())
        .or(() -> differs("act.resource", own.resource(), act.resource()))
        .or(() -> differs("act.args_digest", own.argsDigest(), act.argsDigest()))
        .or(() -> subset("aud", parent.aud(), child.aud()))
        .or(
            () ->
                require(
                    "parent",
                    "one that counts no uses, where its own act is handed over",
                    "one with max_uses " + own.maxUses(),
                    !own.countsUses()));
  }

  private static Optional<Excess> delegated(Delegable bound, ExecutionRequest child) {
    Act act = child.act();
    return require(
            "act.action",
            "one of " + bound.actions(),
            act.action(),
            bound.actions().contains(act.action()))
        .or(
            () ->
                require(
                    "act.resource",
                    "canonical, and below one of " + bound.resources(),
                    act.resource(),
                    bound.covers(act.resource())))
        .or(() -> subset("aud", bound.aud(), child.aud()))
        .or(
            () ->
                require(
                    "act.max_uses",
                    "present, as the parent's delegable counts them",
                    "absent",
                    !bound.countsUses() || act.countsUses()));
  }

  private static long furtherUses(Act act) {
    return act.delegable().map(Delegable::maxUses).orElse(Act.UNCOUNTED);
  }

  private static Outcome drawn(Act parent, long uses, boolean ownAct) {
    Optional<Delegable> bound = parent.delegable().filter(Delegable::countsUses);
    if (bound.isEmpty()) {
      return new Outcome.Within(0, ownAct);
    }
    return uses <= bound.get().maxUses()
        ? new Outcome.Within(uses, ownAct)
        : new Outcome.Wider(
            new Excess(
                "act.max_uses", "at most " + bound.get().maxUses() + " with all below", uses + ""));
  }

  private static Optional<Excess> subset(
      String field, Collection<String> above, Collection<String> below) {
    return require(field, "among " + above, below.toString(), above.containsAll(below));
  }

  private static Optional<Excess> differs(String field, Object mustBe, Object was) {
    return require(field, mustBe.toString(), was.toString(), mustBe.equals(was));
  }

  private static Optional<Excess> require(String field, String mustBe, String was, boolean holds) {
    return holds ? Optional.empty() : Optional.of(new Excess(field, mustBe, was));
  }
}
