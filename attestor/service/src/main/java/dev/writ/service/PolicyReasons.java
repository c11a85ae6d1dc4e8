// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.policy.Policy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a policy denied, out of what is kept beside the leaf; nothing where it did not, or that was too long.
 *
 * @param told its reasons, each by rule, code and sentences
 * @param denying the rules that stood in the way
 */
record PolicyReasons(List<Map<String, Object>> told, List<DenyingRule> denying) {
  private static final int MAX_REASONS = 1024;

  /** Reasons that are told. */
  private static final int MOST_TOLD = 16;

  PolicyReasons {
    told = List.copyOf(told);
    denying = List.copyOf(denying);
  }

  static PolicyReasons of(KeptMembers members)
      throws MalformedJsonException, ContradictionException {
    Optional<JsonMembers> decision = members.decision();
    if (decision.isEmpty()) {
      return new PolicyReasons(List.of(), List.of());
    }
    List<Map<String, Object>> reasons = new ArrayList<>();
    for (JsonMembers reason : decision.get().objects("reasons", MAX_REASONS)) {
      Map<String, Object> told = new LinkedHashMap<>();
      for (String name : List.of("rule", "code", "user", "admin")) {
        told.put(name, reason.text(name));
      }
      reasons.add(told);
    }
    boolean nothingPermits =
        reasons.stream().anyMatch(told -> Policy.NO_PERMIT.equals(told.get("rule")));
    return new PolicyReasons(
        reasons.subList(0, Math.min(MOST_TOLD, reasons.size())),
        DenyingRule.of(decision.get(), nothingPermits));
  }
}
