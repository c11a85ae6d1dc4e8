// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationStep;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The modes of the service and the uses of break-glass, as leaves tell them: what {@link GovernanceRows}
 * has, found again without it. A leaf that may not follow is taken all the same, as far as it says something.
 */
final class GovernanceLives {
  private final List<GovernanceMode> modes = new ArrayList<>();
  private final Map<Hash, BreakglassUse> uses = new LinkedHashMap<>();

  /** Leaves that began a break-glass, by their hashes. */
  private final Map<Hash, Long> begun = new HashMap<>();

  /** Freezes that operations are to lift. */
  private final Map<Hash, Long> unfreezes = new HashMap<>();

  /** The mode after the leaves that were taken. */
  GovernanceMode mode() {
    return modes.isEmpty() ? GovernanceMode.NORMAL : modes.get(modes.size() - 1);
  }

  /** One for each leaf that changed it, in order. */
  List<GovernanceMode> modes() {
    return modes;
  }

  /** In the order in which they began. */
  List<BreakglassUse> uses() {
    return List.copyOf(uses.values());
  }

  /** What is wrong with a leaf, if something is. */
  Optional<String> take(long index, Leaf leaf) {
    LeafBody body = leaf.body();
    if (body instanceof GovernanceStep.Begun step) {
      begun.put(leaf.hash(), index);
      return begin(index, step, leaf.time());
    } else if (body instanceof GovernanceStep.Ordered step) {
      return ordered(index, step, leaf.time());
    } else if (body instanceof OperationStep.Proposed proposed
        && proposed.operation().change() instanceof Operation.Unfreeze unfreeze) {
      unfreezes.put(proposed.operation().digest(), unfreeze.freeze());
    } else if (body instanceof OperationStep.Ended ended
        && ended.end() == OperationStep.End.EXECUTED
        && unfreezes.containsKey(ended.operation())) {
      return unfreeze(index, OptionalLong.of(unfreezes.get(ended.operation())));
    } else if (body instanceof LeafBody.DecisionAllow) {
      return allow(leaf);
    }
    return Optional.empty();
  }

  private Optional<String> unfreeze(long index, OptionalLong freeze) {
    OptionalLong was = mode().frozenBy();
    modes.add(mode().unfrozen(index));
    return require(
        was.equals(freeze),
        "the freeze that is lifted must be in force, " + freeze + ", was " + was);
  }

  private Optional<String> begin(long index, GovernanceStep.Begun step, Instant time) {
    Hash grant = step.grant().digest();
    OptionalLong frozen = mode().frozenBy();
    boolean overdue = uses.values().stream().anyMatch(use -> use.isOverdue(time));
    modes.add(mode().begun(index, grant, step.ends()));
    @Nullable BreakglassUse before =
        uses.putIfAbsent(
            grant,
            new BreakglassUse(
                grant,
                index,
                step.order().signer(),
                step.ends(),
                step.reviewBy(),
                OptionalLong.empty(),
                OptionalLong.empty()));
    return require(before == null, "a grant must be used once, " + grant + " was before")
        .or(
            () ->
                require(
                    isPossible(step, time),
                    "a break-glass must be of a signed grant that can be used when it begins, and end"
                        + " within the grant's time, leaf "
                        + index
                        + " is of another"))
        .or(
            () ->
                require(
                    !overdue,
                    "every review must be in time where a break-glass begins, one was not"))
        .or(
            () ->
                require(
                    frozen.equals(step.order().overFreeze()),
                    "the freeze that is overridden must be the one in force, "
                        + frozen
                        + ", was "
                        + step.order().overFreeze()));
  }

  /** Whether any policy and trust file could let it be: whose signatures count, those say. */
  private static boolean isPossible(GovernanceStep.Begun step, Instant time) {
    return !step.grant().signatures().isEmpty()
        && !time.isBefore(step.grant().notBefore())
        && time.isBefore(step.grant().notAfter())
        && !step.ends().isAfter(time.plus(step.grant().ttl()));
  }

  private Optional<String> ordered(long index, GovernanceStep.Ordered step, Instant time) {
    if (step.order().kind() == GovernanceOrder.Kind.FREEZE) {
      boolean frozen = mode().isFrozen(time);
      modes.add(mode().frozen(index));
      return require(!frozen, "a freeze must be of a service that is not frozen, it was");
    }
    @Nullable BreakglassUse use = uses.get(step.grant());
    if (use == null) {
      return Optional.of("a grant must have been used before it, " + step.grant() + " was not");
    }
    if (step.order().kind() == GovernanceOrder.Kind.END) {
      boolean lasts =
          mode()
              .breakglass()
              .filter(last -> last.grant().equals(step.grant()) && last.lasts(time))
              .isPresent();
      modes.add(mode().ended(index));
      uses.put(step.grant(), use.ended(index));
      return require(lasts, "a break-glass that is ended must last, " + step.grant() + " did not");
    }
    uses.put(step.grant(), use.reviewed(index));
    return require(
        use.reviewedBy().isEmpty()
            && (use.isOver(time) || isSuperseded(use))
            && !use.usedBy().equals(step.order().signer()),
        "a break-glass must be reviewed once, when it is over, and not by who used it, "
            + step.grant()
            + " was otherwise");
  }

  /** Another began after it, so that it is in force no more. */
  private boolean isSuperseded(BreakglassUse use) {
    return uses.values().stream().anyMatch(other -> other.leafIndex() > use.leafIndex());
  }

  /**
   * An allow comes from no such leaf but that of the break-glass in force. It may come from none: whoever
   * decided knew policy and trust file, and may have believed that leaf no more than they do.
   */
  private Optional<String> allow(Leaf leaf) {
    OptionalLong running =
        mode().running(leaf.time()).stream()
            .mapToLong(GovernanceMode.Breakglass::begunBy)
            .findFirst();
    List<Long> named =
        leaf.parents().stream().filter(begun::containsKey).map(begun::get).sorted().toList();
    boolean possible =
        named.isEmpty() || (running.isPresent() && named.equals(List.of(running.getAsLong())));
    return require(
        possible,
        "an allow must come from no break-glass but the one in force, "
            + (running.isPresent() ? "leaf " + running.getAsLong() : "none")
            + ", came from "
            + named);
  }

  private static Optional<String> require(boolean holds, String sentence) {
    return holds ? Optional.empty() : Optional.of(sentence);
  }
}
