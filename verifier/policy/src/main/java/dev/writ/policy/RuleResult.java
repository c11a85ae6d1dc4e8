// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What one rule came to in one decision.
 *
 * @param rule the rule, with its reasons for the user and the administrator
 * @param outcome what its expression came to
 * @param error why it came to nothing; present with {@link Outcome#ERROR} alone
 * @param saw the inputs its expression reads, in the order in which it first does
 */
public record RuleResult(
    Rule rule, Outcome outcome, Optional<RuleError> error, List<SeenValue> saw) {

  /** What an expression came to. */
  public enum Outcome {
    /** True. */
    TRUE,
    /** False. */
    FALSE,
    /** No answer. */
    ERROR;

    /** The outcome as a decision spells it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether this outcome denies, were the rule enforced: an error always does. */
  public boolean denies() {
    return switch (rule.effect()) {
      case REQUIRE -> outcome != Outcome.TRUE;
      case FORBID -> outcome != Outcome.FALSE;
      case PERMIT -> outcome == Outcome.ERROR;
    };
  }

  /** Whether this outcome permits. */
  public boolean permits() {
    return rule.effect() == Rule.Effect.PERMIT && outcome == Outcome.TRUE;
  }

  /** Whether this outcome lets the request pass as far as the rule goes, were it enforced. */
  boolean passes() {
    return rule.effect() == Rule.Effect.PERMIT ? permits() : !denies();
  }

  /** The outcome of the rule with its expression negated: an error stays one. */
  RuleResult negated() {
    return switch (outcome) {
      case TRUE -> new RuleResult(rule, Outcome.FALSE, error, saw);
      case FALSE -> new RuleResult(rule, Outcome.TRUE, error, saw);
      case ERROR -> this;
    };
  }

  void write(CanonicalJson out) {
    out.beginObject().name("effect").text(rule.effect().wire());
    error.ifPresent(cause -> out.name("error").text(cause.wire()));
    out.name("id").text(rule.id());
    out.name("mode").text(rule.mode().wire());
    out.name("outcome").text(outcome.wire());
    out.name("saw").beginArray();
    saw.forEach(value -> value.write(out));
    out.endArray().name("stage").text(rule.stage().wire()).endObject();
  }
}
