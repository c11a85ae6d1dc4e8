// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.Verification;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Of which kinds a leaf's parents are, and how many of each. */
final class ParentKinds {
  private static final int MANY = 16;

  /** How many. */
  private record Count(int least, int most) {
    @Override
    public String toString() {
      if (least == most) {
        return Integer.toString(least);
      }
      return most == MANY ? least + " or more" : least + " or " + most;
    }
  }

  private static final Count ONE = new Count(1, 1);
  private static final Count UP_TO_ONE = new Count(0, 1);
  private static final Count ANY = new Count(0, MANY);
  private static final Count SOME = new Count(1, MANY);

  private static final Map<LeafKind, Count> DECIDED =
      Map.of(LeafKind.POLICY, ONE, LeafKind.ENROLMENT, ONE, LeafKind.APPROVAL, ANY);

  private ParentKinds() {}

  private static Map<LeafKind, Count> of(LeafBody body) {
    return switch (body.kind()) {
      case DECISION_ALLOW ->
          body instanceof LeafBody.DecisionAllow allow && !allow.origins().isEmpty()
              ? Map.of(
                  LeafKind.POLICY,
                  ONE,
                  LeafKind.ENROLMENT,
                  ONE,
                  LeafKind.APPROVAL,
                  ANY,
                  LeafKind.DECISION_ALLOW,
                  new Count(allow.origins().size(), allow.origins().size()))
              : DECIDED;
      case DECISION_DENY -> DECIDED;
      case VERIFICATION ->
          body instanceof Verification shown && shown.jti().isPresent()
              ? Map.of(LeafKind.DECISION_ALLOW, ONE)
              : Map.of();
      case EVALUATION -> Map.of(LeafKind.POLICY, ONE, LeafKind.APPROVAL, UP_TO_ONE);
      case OUTCOME -> Map.of(LeafKind.DECISION_ALLOW, ONE);
      case REVOCATION ->
          body instanceof LeafBody.ScopeRevocation some
              ? ofScope(some.scope())
              : body instanceof LeafBody.BootRevocation
                  ? Map.of(LeafKind.ENROLMENT, ONE)
                  : Map.of(LeafKind.DECISION_ALLOW, ONE);
      case HOST -> Map.of(LeafKind.ENROLMENT, ONE);
      case ENROLMENT -> Map.of(LeafKind.POLICY, ONE, LeafKind.APPROVAL, UP_TO_ONE);
      case APPROVAL -> ofApproval(body);
      case POLICY -> Map.of(LeafKind.KEY, ANY, LeafKind.POLICY, UP_TO_ONE);
      case KEY -> ofKey(body);
      case SUMMARY -> Map.of();
    };
  }

  private static Map<LeafKind, Count> ofScope(RevokedScope scope) {
    return scope instanceof RevokedScope.OfHost
        ? Map.of(LeafKind.POLICY, ONE, LeafKind.ENROLMENT, ONE)
        : Map.of(LeafKind.POLICY, ONE);
  }

  private static Map<LeafKind, Count> ofApproval(LeafBody body) {
    if (body instanceof RequestApproved) {
      return Map.of(LeafKind.POLICY, ONE, LeafKind.DECISION_DENY, UP_TO_ONE);
    }
    if (body instanceof OperationStep.Ended) {
      // Who withdraws one does so under a policy; otherwise it ends by itself, or by being done.
      return Map.of(LeafKind.POLICY, UP_TO_ONE);
    }
    return body instanceof GovernanceStep.Ordered step && step.revokes()
        ? Map.of(LeafKind.POLICY, ONE, LeafKind.APPROVAL, UP_TO_ONE)
        : Map.of(LeafKind.POLICY, ONE);
  }

  private static Map<LeafKind, Count> ofKey(LeafBody body) {
    if (body instanceof ServiceStart) {
      return Map.of(LeafKind.KEY, SOME, LeafKind.ENROLMENT, UP_TO_ONE);
    }
    return body instanceof KeyChange ? Map.of() : Map.of(LeafKind.KEY, ANY);
  }

  /** What is wrong with the parents of a leaf, all of which could be read. */
  static List<Finding> judge(IndexedLeaf leaf, List<IndexedLeaf> parents) {
    Map<LeafKind, Count> expected = of(leaf.leaf().body());
    Map<LeafKind, Integer> actual = new EnumMap<>(LeafKind.class);
    parents.forEach(parent -> actual.merge(parent.leaf().kind(), 1, Integer::sum));
    List<Finding> findings = new ArrayList<>();
    boolean holds =
        expected.keySet().containsAll(actual.keySet())
            && expected.entrySet().stream()
                .allMatch(
                    kind -> {
                      int count = actual.getOrDefault(kind.getKey(), 0);
                      return count >= kind.getValue().least() && count <= kind.getValue().most();
                    });
    if (!holds) {
      findings.add(new Finding.WrongParents(leaf.index(), words(expected), words(actual)));
    }
    return findings;
  }

  private static String words(Map<LeafKind, ?> counts) {
    return counts.isEmpty()
        ? "none"
        : new EnumMap<>(counts)
            .entrySet().stream()
                .map(kind -> kind.getValue() + " " + kind.getKey().wire())
                .collect(Collectors.joining(", "));
  }
}
