// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CEL profile writ-cel-1: what a rule may say, and what each limit does when it is met. */
class ProfileTest {
  private static void assertRefused(String when, String because) {
    assertThatThrownBy(() -> Samples.requiring(when).policy().document())
        .as(when)
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageStartingWith("$.rules[0].when (line ")
        .hasMessageContaining(because);
  }

  private static void assertOutcome(String when, RuleResult.Outcome outcome) throws Exception {
    assertThat(Samples.evaluate(when).outcome()).as(when).isEqualTo(outcome);
  }

  private static void assertError(String when, RuleError error) throws Exception {
    RuleResult result = Samples.evaluate(when);
    assertThat(result.outcome()).as(when).isEqualTo(RuleResult.Outcome.ERROR);
    assertThat(result.error()).as(when).contains(error);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "subject.host == 'host-a' && subject.ak_name.startsWith('000b')",
        "has(subject.ek_digest) && subject.ek_digest.size() == 64",
        "request.action in ['exec'] && request.limits['cpu_s'] <= 10",
        "request.audiences.all(a, a == 'exec:' + subject.ak_name)",
        "!has(request.parent) && request.depth == 0 && request.max_uses == 1",
        "governance.initiator == 'alice' && governance.mode == Mode.NORMAL",
        "governance.approvals.size() == 0 && governance.epoch == 1",
        "!governance.approvals.exists(a, a.role == 'security' && a.expires > now)",
        "trust.tier == Tier.AFFIRMING && trust.tier < Tier.NONE",
        "trust.findings['secure-boot'] <= Tier.WARNING",
        "trust.findings.all(f, trust.findings[f] != Tier.CONTRAINDICATED)",
        "trust.reference_set == 'measured-boot' && trust.endorsement == Endorsement.TRUSTED",
        "env.key_storage == KeyStorage.TPM && env.clock_safe && env.reset_count > 3",
        "7 in env.pcrs['sha256'] && env.pcrs['sha256'].size() == 3",
        "now > timestamp('2026-01-01T00:00:00Z') && now - duration('1h') < now",
        "now.getHours() == 12 && now.getDayOfWeek() == 0 && now.getFullYear() == 2026",
        "request.resource.matches('^/usr/bin/[a-z]+$') && matches('abc', 'b')",
        "request.audiences.filter(a, a.contains('exec')).size() == 1",
        "request.audiences.map(a, a.size())[0] > 5 && [1, 2].exists_one(i, i == 2)",
        "(request.depth > 0 ? 1 : 2) == 2 && int('7') % 4 == 3 && string(7) == '7'"
      })
  void rule_ofTheProfile_isTrueForTheSample(String when) throws Exception {
    assertOutcome(when, RuleResult.Outcome.TRUE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "request.acton == 'exec' | undefined field 'acton'",
        "requst.action == 'exec' | undeclared reference to 'requst'",
        "trust.tier == Tier.AFIRMING | does not support field selection",
        "constants.missing == 1 | undefined field 'missing'",
        "governance.approvals.exists(a, a.rol == 'x') | undefined field 'rol'",
        "request.action == 1 | no matching overload",
        "request.action | expected type 'bool' but found 'string'",
        "request.action == | mismatched input"
      })
  void rule_thatDoesNotTypeCheck_isRefused(String when, String because) {
    assertRefused(when, because);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "now.getHours('Europe/Paris') == 1",
        "now.getFullYear('UTC') == 2026",
        "now.getMonth('+01:00') == 1",
        "now.getDayOfYear('UTC') == 1",
        "now.getDayOfMonth('UTC') == 1",
        "now.getDate('UTC') == 1",
        "now.getDayOfWeek('UTC') == 1",
        "now.getMinutes('UTC') == 1",
        "now.getSeconds('UTC') == 1",
        "now.getMilliseconds('UTC') == 1"
      })
  void timeZone_inAnyGetter_isRefused(String when) {
    assertRefused(when, "no matching overload");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "now() == now",
        "timestamp.now() == now",
        "env('PATH') == ''",
        "getenv('PATH') == ''",
        "random() == 1",
        "java.lang.System.exit(1)",
        "request.getClass() == 1",
        "request.action.getBytes() == ''",
        "cel.bind(x, 1, x == 1)",
        "math.greatest(1, 2) == 2",
        "request.action.lowerAscii() == 'exec'",
        "'%s'.format([1]) == '1'",
        "dyn(request).action == 'exec'",
        "type(1) == type(2)",
        "bytes('a').size() == 1",
        "uint(1) == uint(1)",
        "double(1) > double(0)",
        "_in_('a', ['a'])",
        "__not_strictly_false__(true)",
        "optional.of(1).hasValue()",
        "has(request.?parent)"
      })
  void function_outsideTheProfile_isRefused(String when) {
    assertThatThrownBy(() -> Samples.requiring(when).policy().document())
        .as(when)
        .isInstanceOf(MalformedPolicyException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.5 == 1.5",
        "1u == 1u",
        "b'a' == b'a'",
        "null == null",
        "[1, 'a'].size() == 2",
        "[] == []",
        "{'a': 1, 'b': 'x'}.size() == 2",
        "Subject{host: 'a'} == subject",
        "google.protobuf.Timestamp{} == now",
        "int == int"
      })
  void value_ofATypeOutsideTheProfile_isRefused(String when) {
    assertThatThrownBy(() -> Samples.requiring(when).policy().document())
        .as(when)
        .isInstanceOf(MalformedPolicyException.class);
  }

  @Test
  void expression_longerThan4096CodePoints_isRefused() throws Exception {
    String padding = "𝕏".repeat(4_096 - "'' == ''".length());
    assertOutcome("'" + padding + "' == ''", RuleResult.Outcome.FALSE);
    assertRefused("'" + padding + "x' == ''", "4096");
  }

  @Test
  void expression_deeperThan32_isRefused() throws Exception {
    assertOutcome("1" + "+1".repeat(29) + " == 30", RuleResult.Outcome.TRUE);
    assertRefused("1" + "+1".repeat(40) + " == 41", "recursion limit exceeded. limit: 32");
    assertRefused("(".repeat(40) + "true" + ")".repeat(40), "recursion limit exceeded");
    assertOutcome("[1]" + ".filter(x, x == 1)".repeat(26) + " == [1]", RuleResult.Outcome.TRUE);
    assertRefused("[1]" + ".filter(x, x == 1)".repeat(28) + " == [1]", "at most 32 deep");
  }

  @Test
  void iterations_beyond10000_areAnError() throws Exception {
    assertOutcome(nestedLoops(99) + " && true", RuleResult.Outcome.TRUE);
    assertError(nestedLoops(101), RuleError.TOO_MANY_STEPS);
  }

  /** Two nested loops over {@code n} elements: n² + n steps. */
  private static String nestedLoops(int n) {
    String list =
        IntStream.range(0, n).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    return "[" + list + "].all(a, [" + list + "].all(b, a + b >= 0))";
  }

  @Test
  void comprehensions_threeInOneAnother_areRefused() {
    assertRefused("[1].all(a, [1].all(b, [1].all(c, a + b + c == 3)))", "at most 2 comprehensions");
  }

  @Test
  void comprehensionVariable_thatHidesAnInput_isRefused() {
    assertRefused("[1].all(request, request == 1)", "variables that hide no input");
    assertRefused("[1].all(constants, constants == 1)", "variables that hide no input");
  }

  @Test
  void join_insideMapOrFilter_isRefused() {
    String doubling = "['a']" + ".map(x, x + x)".repeat(10) + ".size() == 1";
    assertRefused(doubling, "without + on strings or lists inside map or filter");
    assertRefused("[[1]].map(x, x + x).size() == 1", "without + on strings or lists");
    assertRefused("[[1]].filter(x, (x + x).size() == 2).size() == 1", "without + on strings");
    assertRefused("[1].map(x, ['a'].all(y, y + y == 'aa')).size() == 1", "without + on strings");
  }

  @Test
  void matches_patternThatIsNoLiteral_isRefused() {
    assertRefused("request.resource.matches(request.action)", "a literal pattern");
    assertRefused("request.resource.matches('a' + 'b')", "a literal pattern");
    assertRefused("matches(request.resource, request.action)", "a literal pattern");
  }

  @Test
  void matches_badOrLargePattern_isRefused() {
    assertRefused("request.resource.matches('(')", "RE2 patterns");
    assertRefused("request.resource.matches('(?=a)')", "RE2 patterns");
    assertRefused("request.resource.matches('" + "a".repeat(257) + "')", "at most 256");
    assertRefused("request.resource.matches('(a{20}){30}')", "at most 500 RE2 instructions");
  }

  @Test
  void matches_patternThatExplodesElsewhere_isLinear() throws Exception {
    Policy policy = Samples.requiring("!request.resource.matches('^(a|a)*(a*)*$')").policy();
    Request request =
        new Request(
            "exec",
            "a".repeat(4_000) + "!",
            Samples.HASH,
            List.of(),
            "dev",
            1,
            Map.of(),
            0,
            Optional.empty(),
            Optional.empty());
    assertThat(
            policy.decide(
                Samples.SUBJECT,
                request,
                Samples.GOVERNANCE,
                Samples.TRUST,
                Samples.ENV,
                Samples.NOW))
        .isInstanceOf(Decision.Allow.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 / request.depth == 1 | DIVIDED_BY_ZERO",
        "1 % request.depth == 1 | DIVIDED_BY_ZERO",
        "9223372036854775807 + request.max_uses > 0 | OVERFLOW",
        "-9223372036854775807 - 2 * request.max_uses < 0 | OVERFLOW",
        "request.parent == 'x' | ABSENT",
        "request.limits['gpu'] < 1 | ABSENT",
        "request.limits.gpu < 1 | ABSENT",
        "env.pcrs['sha1'].size() == 0 | ABSENT",
        "request.audiences[7] == 'x' | OUT_OF_BOUNDS",
        "timestamp(request.action) < now | BAD_ARGUMENT",
        "int(request.action) < 1 | BAD_ARGUMENT"
      })
  void evaluation_thatHasNoAnswer_isAnErrorOfTheRule(String when, RuleError error)
      throws Exception {
    assertError(when, error);
  }

  /**
   * CEL's {@code &&}, {@code ||}, {@code all} and {@code exists} take the answer of the side that
   * has one, if it alone decides (cel-spec, "Logical Operators"). The profile keeps that: the answer
   * does not depend on the order of the sides, and an error is lost only where it could not have
   * changed the answer.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "true || 1 / request.depth == 1 ; TRUE",
        "1 / request.depth == 1 || true ; TRUE",
        "false && 1 / request.depth == 1 ; FALSE",
        "1 / request.depth == 1 && false ; FALSE",
        "[0, 1].exists(x, 1 / x == 1) ; TRUE",
        "[0, 2].all(x, 1 / x == 1) ; FALSE",
        "false || 1 / request.depth == 1 ; ERROR",
        "1 / request.depth == 1 && true ; ERROR",
        "[0, 2].exists(x, 1 / x == 1) ; ERROR",
        "[0, 1].all(x, 1 / x == 1) ; ERROR",
        "!(1 / request.depth == 1) ; ERROR",
        "1 / request.depth == 1 ? true : true ; ERROR"
      })
  void error_besideALogicalOperator_isAbsorbedOnlyIfItCannotMatter(
      String when, RuleResult.Outcome outcome) throws Exception {
    assertOutcome(when, outcome);
  }

  @Test
  void iterationLimit_besideAnAnswer_isAbsorbedLikeOtherErrors() throws Exception {
    assertOutcome(nestedLoops(101) + " || true", RuleResult.Outcome.TRUE);
    assertOutcome("true || " + nestedLoops(101), RuleResult.Outcome.TRUE);
    assertOutcome(nestedLoops(101) + " || false", RuleResult.Outcome.ERROR);
  }

  @Test
  void constants_haveTheTypesOfTheirValues() throws Exception {
    Policy policy =
        Samples.requiring(
                "constants.n == 3 && constants.on && constants.name == 'x'"
                    + " && 'a' in constants.texts && 2 in constants.numbers"
                    + " && constants.none.size() == 0 && constants.nothing.size() == 0"
                    + " && constants.by_name['k'] == 7 && 'v' in constants.lists['k']"
                    + " && !('v' in constants.lists['empty'])")
            .with(
                "constants",
                """
                {"n": 3, "on": true, "name": "x", "texts": ["a"], "numbers": [1, 2], "none": [],
                 "nothing": {}, "by_name": {"k": 7}, "lists": {"empty": [], "k": ["v"]}}\
                """)
            .policy();
    assertThat(policy.decide(Samples.INPUTS)).isInstanceOf(Decision.Allow.class);
  }

  @Test
  void structs_areEqualByValue() throws Exception {
    assertOutcome("subject == subject && trust == trust", RuleResult.Outcome.TRUE);
    assertOutcome("request != request", RuleResult.Outcome.FALSE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "governance.mode == Mode.FROZEN; true",
        "governance.mode == Mode.NORMAL; true",
        "Mode.NORMAL != governance.mode; true",
        "governance.mode in [Mode.FROZEN]; true",
        "!(governance.mode in [Mode.NORMAL, Mode.BREAKGLASS]) && request.depth == 0; true",
        "request.depth == 0 ? governance.mode == Mode.FROZEN : true; true",
        "governance.mode < Mode.FROZEN; true",
        "governance.mode == Mode.BREAKGLASS ? true : governance.mode == Mode.FROZEN; true",
        "request.audiences.all(a, a == 'x' && governance.mode != Mode.FROZEN); true",
        "governance.mode == Mode.BREAKGLASS; false",
        "request.depth == 0 && governance.mode != Mode.BREAKGLASS; false",
        "governance.mode in [Mode.BREAKGLASS]; false",
        "governance.mode in [Mode.NORMAL, Mode.FROZEN] && request.depth == 0; false",
        "governance.mode == Mode.BREAKGLASS && governance.mode == Mode.FROZEN; false",
        "governance.mode == Mode.FROZEN || true; false",
        "governance.mode == governance.mode; false",
        "governance.mode >= Mode.NORMAL; false",
        "governance.mode == request.depth; false",
        "request.resource == 'FROZEN' && governance.mode != Mode.BREAKGLASS; false",
        "request.depth == 0; false",
      })
  void mode_isTold_whereTheValueOfAPartFollowsFromItAlone(String when, boolean tells)
      throws Exception {
    assertThat(Samples.requiring(when).policy().silentOnFreezes().isEmpty())
        .as(when)
        .isEqualTo(tells || !when.contains("governance"));
  }
}
