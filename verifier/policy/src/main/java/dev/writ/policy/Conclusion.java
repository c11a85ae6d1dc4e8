// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * What the outcomes of all rules come to.
 *
 * @param denial the code of a denial; absent for an allow
 * @param obligations what an allow binds the gateway to, in document order; empty for a denial
 */
public record Conclusion(Optional<PolicyCode> denial, Set<Obligation> obligations) {
  /** The word for an allow. */
  static final String ALLOW = "allow";

  /** What a freeze comes to where the document does not say what it means, whatever its rules say. */
  static final Conclusion FROZEN = new Conclusion(Optional.of(PolicyCode.POLICY_DENIED), Set.of());

  /** Copies the obligations. */
  public Conclusion {
    obligations = Collections.unmodifiableSet(new LinkedHashSet<>(obligations));
  }

  /**
   * Concludes.
   *
   * @param results of all rules
   * @param deciding positions in {@code results} in the order in which a denial decides
   * @param counts which of them take part, by their positions
   */
  static Conclusion of(List<RuleResult> results, List<Integer> deciding, IntPredicate counts) {
    boolean permitted = false;
    for (int i : deciding) {
      if (counts.test(i)) {
        RuleResult result = results.get(i);
        if (result.denies()) {
          return new Conclusion(Optional.of(result.rule().denialCode()), Set.of());
        }
        permitted |= result.permits();
      }
    }
    return permitted
        ? new Conclusion(Optional.empty(), obligations(results, counts))
        : new Conclusion(Optional.of(PolicyCode.POLICY_DENIED), Set.of());
  }

  /** What the rules that are met bind the gateway to. */
  private static Set<Obligation> obligations(List<RuleResult> results, IntPredicate counts) {
    Set<Obligation> obligations = new LinkedHashSet<>();
    for (int i = 0; i < results.size(); i++) {
      if (counts.test(i) && results.get(i).outcome() == RuleResult.Outcome.TRUE) {
        obligations.addAll(results.get(i).rule().obligations());
      }
    }
    return obligations;
  }

  /** Whether it is an allow. */
  public boolean allows() {
    return denial.isEmpty();
  }

  /** In words: {@code allow}, an allow with its obligations, or the denial's code. */
  public String words() {
    String word = denial.map(PolicyCode::wire).orElse(ALLOW);
    return obligations.isEmpty()
        ? word
        : obligations.stream()
            .map(Obligation::wire)
            .collect(Collectors.joining(", ", word + " with ", ""));
  }
}
