// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An enforced rule of a policy that stood in the way of a decision, with the inputs that it read.
 *
 * @param id its name
 * @param effect as the document spells it
 * @param outcome what its expression came to
 * @param saw the values it was shown
 */
record DenyingRule(String id, String effect, String outcome, List<Seen> saw) {
  /** Rules that are told of one decision, and inputs of one rule. */
  private static final int MOST = 32;

  private static final int MAX_RULES = 4096;
  private static final int MAX_INPUTS = 1024;

  /**
   * A value that a rule was shown.
   *
   * @param path the input, as the expression spells it
   * @param value in canonical JSON; absent where there was none, and a digest where it was too long
   */
  record Seen(String path, Optional<String> value) {}

  DenyingRule {
    saw = List.copyOf(saw);
  }

  /**
   * Those of a policy's denial.
   *
   * @param nothingPermits whether no rule permitted, so that each that could have stood in the way
   */
  static List<DenyingRule> of(JsonMembers decision, boolean nothingPermits)
      throws MalformedJsonException {
    List<DenyingRule> denying = new ArrayList<>();
    for (JsonMembers rule : decision.objects("rules", MAX_RULES)) {
      String effect = rule.text("effect");
      String outcome = rule.text("outcome");
      if (rule.text("mode").equals("enforce")
          && denying.size() < MOST
          && denies(effect, outcome, nothingPermits)) {
        denying.add(new DenyingRule(rule.text("id"), effect, outcome, seen(rule)));
      }
    }
    return denying;
  }

  private static boolean denies(String effect, String outcome, boolean nothingPermits) {
    return switch (effect) {
      case "require" -> !outcome.equals("true");
      case "forbid" -> !outcome.equals("false");
      default -> outcome.equals("error") || nothingPermits;
    };
  }

  private static List<Seen> seen(JsonMembers rule) throws MalformedJsonException {
    List<Seen> saw = new ArrayList<>();
    for (JsonMembers value : rule.objects("saw", MAX_INPUTS)) {
      if (saw.size() == MOST) {
        break;
      }
      saw.add(new Seen(value.text("path"), shown(value)));
    }
    return saw;
  }

  private static Optional<String> shown(JsonMembers value) throws MalformedJsonException {
    if (value.has("value")) {
      return Optional.of(new String(value.canonical("value"), StandardCharsets.UTF_8));
    }
    return value.has("digest")
        ? Optional.of("too long to be shown, digest " + value.text("digest"))
        : Optional.empty();
  }

  /** The same without what stood in the inputs. */
  DenyingRule withoutValues() {
    return new DenyingRule(
        id,
        effect,
        outcome,
        saw.stream().map(seen -> new Seen(seen.path(), Optional.empty())).toList());
  }

  /**
   * For an explanation: what it is, what it saw, and what would satisfy it.
   *
   * @param decidedBy where that is known
   */
  Map<String, Object> toMap(Optional<PolicyDocument> decidedBy) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", id);
    map.put("effect", effect);
    map.put("outcome", outcome);
    map.put("must_be", effect.equals("forbid") ? "false" : "true");
    decidedBy
        .flatMap(
            document -> document.rules().stream().filter(rule -> rule.id().equals(id)).findFirst())
        .map(Rule::when)
        .ifPresent(when -> map.put("when", when));
    List<Map<String, Object>> inputs = new ArrayList<>();
    for (Seen seen : saw) {
      Map<String, Object> input = new LinkedHashMap<>();
      input.put("input", seen.path());
      seen.value().ifPresent(value -> input.put("value", value));
      inputs.add(input);
    }
    map.put("saw", inputs);
    return map;
  }
}
