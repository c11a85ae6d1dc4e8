// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random documents and expressions: what is refused is refused by its exception, the rest decides. */
class RandomPolicyTest {
  @Test
  void document_mutated_isParsedOrMalformed() throws Exception {
    byte[] whole = Samples.devPolicy();
    Random random = new Random(1);
    int wellFormed = 0;
    for (int round = 0; round < 400; round++) {
      byte[] mutated = mutate(whole, random);
      wellFormed += decideIfWellFormed(mutated).isPresent() ? 1 : 0;
    }
    // Changes inside descriptions and reasons leave a document; most others do not.
    assertThat(wellFormed).isBetween(1, 399);
  }

  private static Optional<Decision> decideIfWellFormed(byte[] bytes) {
    try {
      Policy policy = Policy.compile(PolicyDocument.parse(bytes));
      return Optional.of(policy.decide(Samples.INPUTS));
    } catch (MalformedPolicyException e) {
      assertThat(e.path()).startsWith("$");
      assertThat(e.was().length()).isLessThanOrEqualTo(201);
      return Optional.empty();
    }
  }

  private static byte[] mutate(byte[] whole, Random random) {
    byte[] mutated = whole.clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(mutated.length);
      switch (random.nextInt(3)) {
        case 0 -> mutated[at] = (byte) random.nextInt(256);
        case 1 -> mutated[at] = (byte) "{}[]\":,0.e-\\n".charAt(random.nextInt(13));
        default -> {
          int length = Math.min(random.nextInt(40), mutated.length - at);
          int from = random.nextInt(mutated.length - length);
          System.arraycopy(whole, from, mutated, at, length);
        }
      }
    }
    return random.nextInt(10) == 0
        ? Arrays.copyOf(mutated, random.nextInt(mutated.length))
        : mutated;
  }

  /** Random expressions of the profile, well typed by construction; many of them fail. */
  @Test
  void decide_randomExpressions_neverThrows() throws Exception {
    Random random = new Random(2);
    int errors = 0;
    for (int round = 0; round < 20; round++) {
      Samples.Draft draft = new Samples.Draft();
      for (int rule = 0; rule < 30; rule++) {
        draft = draft.require("r" + rule, Expressions.bool(random, 4));
      }
      Policy policy = draft.policy();
      Decision decision = policy.decide(Samples.INPUTS);
      assertThat(policy.decide(Samples.INPUTS).toJson()).isEqualTo(decision.toJson());
      for (RuleResult result : decision.rules()) {
        assertThat(result.error())
            .as(result.rule().when())
            .isNotEqualTo(Optional.of(RuleError.NOT_BOOLEAN));
        errors += result.outcome() == RuleResult.Outcome.ERROR ? 1 : 0;
      }
    }
    assertThat(errors).isGreaterThan(20);
  }

  /** Makes expressions of a wanted type. */
  private static final class Expressions {
    private Expressions() {}

    static String bool(Random random, int depth) {
      if (depth == 0) {
        return pick(random, "true", "false", "env.clock_safe", "has(request.parent)");
      }
      int next = depth - 1;
      return switch (random.nextInt(11)) {
        case 0 -> "(" + bool(random, next) + " && " + bool(random, next) + ")";
        case 1 -> "(" + bool(random, next) + " || " + bool(random, next) + ")";
        case 2 -> "!" + bool(random, next);
        case 3 ->
            "(%s ? %s : %s)".formatted(bool(random, next), bool(random, next), bool(random, next));
        case 4 ->
            "(" + integer(random, next) + pick(random, " < ", " == ") + integer(random, next) + ")";
        case 5 -> "(" + text(random, next) + pick(random, " < ", " == ") + text(random, next) + ")";
        case 6 -> text(random, next) + ".matches('^[a-e]*c?$')";
        case 7 -> list(random, next) + ".all(x, x == " + text(random, 0) + ")";
        case 8 -> list(random, next) + ".exists(x, " + integer(random, next) + " > x.size())";
        case 9 -> "(" + text(random, next) + " in " + list(random, next) + ")";
        default -> "(timestamp(" + text(random, next) + ") < now)";
      };
    }

    private static String integer(Random random, int depth) {
      if (depth == 0) {
        return pick(
            random,
            "0",
            "1",
            "-7",
            "9223372036854775807",
            "request.depth",
            "trust.tier",
            "Tier.WARNING",
            "now.getHours()",
            "request.limits['cpu_s']",
            "request.limits['x']");
      }
      int next = depth - 1;
      return switch (random.nextInt(4)) {
        case 0 -> "size(" + list(random, next) + ")";
        case 1 -> "int(" + text(random, next) + ")";
        case 2 -> "env.pcrs['sha256'][" + integer(random, next) + "]";
        default ->
            "(%s %s %s)"
                .formatted(
                    integer(random, next),
                    pick(random, "+", "-", "*", "/", "%"),
                    integer(random, next));
      };
    }

    private static String text(Random random, int depth) {
      if (depth == 0) {
        return pick(
            random,
            "''",
            "'exec'",
            "'12'",
            "'2026-11-01T00:00:00Z'",
            "request.action",
            "request.parent",
            "subject.ek_digest",
            "subject.host");
      }
      int next = depth - 1;
      return switch (random.nextInt(3)) {
        case 0 -> list(random, next) + "[" + integer(random, next) + "]";
        case 1 -> "string(" + integer(random, next) + ")";
        default -> "(" + text(random, next) + " + " + text(random, next) + ")";
      };
    }

    private static String list(Random random, int depth) {
      if (depth == 0) {
        return pick(random, "request.audiences", "['a', 'exec']", "request.limits.map(k, k)");
      }
      int next = depth - 1;
      return switch (random.nextInt(3)) {
        case 0 -> list(random, next) + ".filter(x, x.contains('e'))";
        case 1 -> "[" + text(random, next) + ", " + text(random, next) + "]";
        default -> "(" + list(random, next) + " + " + list(random, next) + ")";
      };
    }

    private static String pick(Random random, String... choices) {
      return choices[random.nextInt(choices.length)];
    }
  }
}
