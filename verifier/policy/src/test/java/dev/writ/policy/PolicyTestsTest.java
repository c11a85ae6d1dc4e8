// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A document's own tests: what they are given, what they expect, and which rules they hold. */
class PolicyTestsTest {
  /** Whoever is measured may exec; the second rule is watched. */
  private static Samples.Draft draft() {
    return new Samples.Draft()
        .rule("measured", "trust", "require", "trust.pcrs_match", "environment_untrusted")
        .rule("in-tpm", "trust", "require", KEY_IN_TPM, "environment_untrusted", "shadow", "")
        .permit("exec", "request.action == 'exec'");
  }

  private static final String KEY_IN_TPM = "env.key_storage == KeyStorage.TPM";

  private static final String GOOD =
      """
      {"name": "good", "expect": "allow", "inputs": {"trust": {"pcrs_match": true},
       "request": {"action": "exec"}, "env": {"key_storage": "tpm"}}}
      """;

  private static String like(String name, String inputs, String expect) {
    return "{\"name\": \"%s\", \"like\": \"good\", \"inputs\": {%s}, \"expect\": %s}"
        .formatted(name, inputs, expect);
  }

  private static final String UNMEASURED =
      like("unmeasured", "\"trust\": {\"pcrs_match\": false}", "\"environment_untrusted\"");
  private static final String OTHER =
      like("other", "\"request\": {\"action\": \"read\"}", "\"policy_denied\"");
  private static final String IN_MEMORY =
      like(
          "in-memory",
          "\"env\": {\"key_storage\": \"memory\"}",
          "\"allow\", \"shadow\": {\"expect\": \"environment_untrusted\"}");

  private static TestReport run(Samples.Draft draft, String... tests)
      throws MalformedPolicyException {
    return PolicyTests.run(draft.with("tests", "[" + String.join(",", tests) + "]").policy());
  }

  @Test
  void report_ofGoodTests_saysWhatCameAndWhoDecided() throws Exception {
    TestReport report = run(draft(), GOOD, UNMEASURED, OTHER, IN_MEMORY);
    assertThat(report.failures()).isEmpty();
    assertThat(report.gaps()).isEmpty();
    assertThat(report.passed()).isTrue();
    assertThat(report.covers()).isTrue();
    assertThat(report.tests())
        .extracting(ran -> ran.came().words() + " by " + String.join(",", ran.decidedBy()))
        .containsExactly(
            "allow by exec",
            "environment_untrusted by measured",
            "policy_denied by document/permit",
            "allow by exec");
    TestReport.Ran inMemory = report.tests().get(3);
    assertThat(inMemory.shadow().words()).isEqualTo("environment_untrusted");
    assertThat(inMemory.shadowDecidedBy()).containsExactly("in-tpm");
  }

  @Test
  void document_withoutTests_passesAndCoversNothing() throws Exception {
    TestReport report = PolicyTests.run(draft().policy());
    assertThat(report.passed()).isTrue();
    assertThat(report.covers()).isFalse();
    assertThat(report.gaps()).hasSize(12);
  }

  @Test
  void test_thatComesOutOtherwise_isNamed() throws Exception {
    TestReport report = run(draft(), GOOD.replace("exec\"}", "read\"}"));
    assertThat(report.passed()).isFalse();
    assertThat(report.failures())
        .contains("test good: must come to allow, came to policy_denied by document/permit");
  }

  @Test
  void test_thatAShadowRuleWouldDeny_mustSaySo() throws Exception {
    TestReport report =
        run(draft(), GOOD, like("quiet", "\"env\": {\"key_storage\": \"memory\"}", "\"allow\""));
    assertThat(report.failures())
        .containsExactly(
            "test quiet: were the rules in shadow mode enforced, must come to allow, came to"
                + " environment_untrusted by in-tpm; say what must come then in its member shadow");
  }

  @Test
  void allow_thatRestsOnWhatIsNotWritten_fails() throws Exception {
    Samples.Draft draft =
        draft()
            .rule("shallow", "restriction", "forbid", "request.depth > 3", "scope_exceeded")
            .rule("parentless", "restriction", "forbid", "has(request.parent)", "scope_exceeded");
    TestReport report = run(draft, GOOD, UNMEASURED);
    assertThat(report.failures())
        .containsExactly(
            "test good: must give request.depth, which rule shallow reads: an allow rests on"
                + " nothing that is not written");
    assertThat(run(draft, GOOD.replace("exec\"}", "exec\", \"depth\": 0}")).passed()).isTrue();
  }

  @Test
  void allow_restingOnTheTimeThatNobodyGave_fails() throws Exception {
    Samples.Draft draft = new Samples.Draft().permit("by-day", "now.getHours() < 12");
    String test = "{\"name\": \"t\", \"inputs\": {%s}, \"expect\": \"allow\"}";
    assertThat(run(draft, test.formatted("")).failures())
        .singleElement()
        .asString()
        .contains("must give now, which rule by-day reads");
    assertThat(run(draft, test.formatted("\"now\": \"2026-11-01T09:00:00Z\"")).passed()).isTrue();
  }

  @Test
  void inputs_thatNobodyWrote_areTheLeast() throws Exception {
    Example test =
        draft()
            .with("tests", "[{\"name\": \"t\", \"inputs\": {}, \"expect\": \"policy_denied\"}]")
            .document()
            .tests()
            .get(0);
    Inputs inputs = test.inputs();
    assertThat(inputs.now()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(inputs.trust().tier()).isEqualTo(Trust.Tier.NONE);
    assertThat(inputs.trust().pcrsMatch()).isFalse();
    assertThat(inputs.trust().endorsement()).isEqualTo(Trust.Endorsement.ABSENT);
    assertThat(inputs.env().keyStorage()).isEqualTo(Env.KeyStorage.MEMORY);
    assertThat(inputs.env().clockSafe()).isFalse();
    assertThat(inputs.env().channel()).isEmpty();
    assertThat(inputs.governance().mode()).isEqualTo(Governance.Mode.NORMAL);
    assertThat(inputs.request().exec()).isEmpty();
    assertThat(test.defaults()).hasSize(25).contains("now", "trust.tier").doesNotContain("trust");
  }

  @Test
  void inputs_likeAnothers_areThoseWithTheirOwnOverThem() throws Exception {
    List<Example> tests =
        draft()
            .with(
                "tests",
                "["
                    + GOOD.replace(
                        "exec\"}", "exec\", \"exec\": {\"path\": \"/a\", \"cwd\": \"/\"}}")
                    + ","
                    + like("b", "\"request\": {\"exec\": {\"path\": \"/b\"}}", "\"allow\"")
                    + ", {\"name\": \"same\", \"like\": \"b\", \"expect\": \"allow\"}]")
            .document()
            .tests();
    Exec exec = tests.get(1).inputs().request().exec().orElseThrow();
    assertThat(exec.path()).isEqualTo("/b");
    assertThat(exec.cwd()).isEqualTo("/");
    assertThat(exec.argv()).isEmpty();
    assertThat(tests.get(1).defaults())
        .contains("request.exec.env")
        .doesNotContain("request.exec.cwd");
    assertThat(tests.get(2).inputs()).isEqualTo(tests.get(1).inputs());
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "trust": {"tiers": "none"} | $.tests[0].inputs.trust.tiers | an unknown member
          "trusted": {}              | $.tests[0].inputs.trusted     | an unknown member
          "trust": 5                 | $.tests[0].inputs.trust       | an object
          "trust": {"tier": "best"}  | $.tests[0].inputs.trust.tier  | one of
          "request": {"exec": {"arguments": []}} | $.tests[0].inputs.request.exec.arguments | unknown
          "now": "today"             | $.tests[0].inputs.now         | an RFC 3339 time
          """)
  void inputs_malformed_areRefusedWithTheirPlace(String inputs, String path, String because) {
    String test = "{\"name\": \"t\", \"inputs\": {" + inputs + "}, \"expect\": \"allow\"}";
    assertThatThrownBy(() -> run(draft(), test))
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageStartingWith(path + " (line ")
        .hasMessageContaining(", test t)")
        .hasMessageContaining(because);
  }

  @Test
  void test_malformed_isRefused() {
    assertThatThrownBy(() -> run(draft(), GOOD, GOOD))
        .hasMessageStartingWith("$.tests[1].name ")
        .hasMessageContaining("tests of different names, was \"good\" twice");
    assertThatThrownBy(() -> run(draft(), OTHER, GOOD))
        .hasMessageStartingWith("$.tests[0].like ")
        .hasMessageContaining("the name of a test that stands before this one, was \"good\"");
    assertThatThrownBy(() -> run(draft(), "{\"name\": \"t\", \"expect\": \"allow\"}"))
        .hasMessageStartingWith("$.tests[0].inputs ");
    assertThatThrownBy(
            () ->
                run(
                    draft(),
                    "{\"name\": \"t\", \"inputs\": {}, \"expect\": \"policy_denied\","
                        + " \"obligations\": [\"log\"]}"))
        .hasMessageContaining("absent: a denial has no obligations");
    assertThatThrownBy(() -> run(draft(), GOOD.replace("\"name\"", "\"more\": 1, \"name\"")))
        .hasMessageStartingWith("$.tests[0].more ");
    assertThatThrownBy(
            () -> run(draft(), GOOD, IN_MEMORY.replace("{\"expect\"", "{\"x\": 1, \"expect\"")))
        .hasMessageStartingWith("$.tests[1].shadow.x ");
  }

  @Test
  void obligations_ofAnAllow_areExpectedExactly() throws Exception {
    Samples.Draft draft =
        new Samples.Draft()
            .permit("plain", "request.action == 'exec'")
            .rule(
                "copied",
                "authorization",
                "permit",
                "request.action == 'exec' && request.depth > 0",
                "",
                "enforce",
                "[\"sealed_copy\"]");
    String test =
        "{\"name\": \"%s\", \"inputs\": {\"request\": {\"action\": \"exec\", \"depth\": %d}},"
            + " \"expect\": \"allow\"%s}";
    String flat = test.formatted("flat", 0, "");
    String deep = test.formatted("deep", 1, ", \"obligations\": [\"sealed_copy\"]");
    TestReport report = run(draft, flat, deep);
    assertThat(report.failures()).isEmpty();
    assertThat(report.rules().get(1).held()).isTrue();
    assertThat(report.rules().get(1).removed()).contains("deep");
    assertThat(run(draft, flat, test.formatted("deep", 1, "")).failures())
        .containsExactly(
            "test deep: must come to allow, came to allow with sealed_copy by plain, copied",
            "test deep: were the rules in shadow mode enforced, must come to allow, came to allow"
                + " with sealed_copy by plain, copied; say what must come then in its member shadow");
  }

  @Test
  void rule_thatNoTestHolds_isNamed() throws Exception {
    assertThat(run(draft(), GOOD, OTHER, IN_MEMORY).gaps())
        .containsExactly(
            "rule measured: no test comes to it false",
            "rule measured: it may be removed, and no test fails");
    assertThat(run(draft(), GOOD, UNMEASURED, OTHER).gaps())
        .containsExactly(
            "rule in-tpm: no test comes to it false",
            "rule in-tpm: it may be removed, and no test fails");
    assertThat(run(draft(), UNMEASURED.replace("\"like\": \"good\", ", "")).gaps())
        .contains(
            "rule exec: no test comes to it true",
            "rule exec: it may be removed, and no test fails");
  }

  @Test
  void rule_heldByAFailingTestAlone_isNotHeld() throws Exception {
    TestReport report =
        run(
            draft(),
            GOOD,
            OTHER,
            IN_MEMORY,
            UNMEASURED.replace("\"environment_untrusted\"", "\"allow\""));
    assertThat(report.passed()).isFalse();
    assertThat(report.gaps()).contains("rule measured: it may be removed, and no test fails");
  }

  /** What is said of mutants is so: each is made, compiled, and run. */
  @Test
  void mutants_ofTheSample_failTheTestsThatAreNamed() throws Exception {
    PolicyDocument document = PolicyDocument.parse(Samples.devPolicy());
    TestReport report = PolicyTests.run(Policy.compile(document));
    for (int i = 0; i < report.rules().size(); i++) {
      TestReport.Covered rule = report.rules().get(i);
      int at = i;
      assertThat(failing(document, rules -> rules.set(at, negated(rules.get(at)))))
          .as("%s negated", rule.rule().id())
          .contains(rule.negated().orElseThrow());
      assertThat(failing(document, rules -> removed(rules, at)))
          .as("%s removed", rule.rule().id())
          .contains(rule.removed().orElseThrow());
    }
  }

  /** Without its one rule that reads the mode the document would say another thing of a freeze. */
  private static Object removed(List<Json> rules, int at) {
    Json rule = rules.get(at);
    return CanonicalJson.of(rule).contains("governance.mode")
        ? rules.set(at, saying(rule, "(%s) && false"))
        : rules.remove(at);
  }

  private interface Mutation {
    Object of(List<Json> rules);
  }

  private static Set<String> failing(PolicyDocument document, Mutation mutation)
      throws MalformedPolicyException {
    Json.Obj whole = (Json.Obj) StrictJson.read(document.canonical());
    List<Json> rules = new ArrayList<>(((Json.Arr) Members.of(whole).required("rules")).elements());
    assertThat(mutation.of(rules)).isNotNull();
    Json mutant = with(whole, "rules", unused -> new Json.Arr(Json.Place.ROOT, rules));
    byte[] bytes = CanonicalJson.of(mutant).getBytes(StandardCharsets.UTF_8);
    return Set.copyOf(
        PolicyTests.run(Policy.compile(PolicyDocument.parse(bytes))).tests().stream()
            .filter(ran -> !ran.met())
            .map(ran -> ran.test().name())
            .toList());
  }

  private static Json negated(Json rule) {
    return saying(rule, "!(%s)");
  }

  private static Json saying(Json rule, String expression) {
    return with(
        (Json.Obj) rule,
        "when",
        when -> new Json.Text(when.place(), expression.formatted(((Json.Text) when).value())));
  }

  private static Json with(Json.Obj object, String name, UnaryOperator<Json> change) {
    TreeMap<String, Json> members = new TreeMap<>(object.members());
    members.computeIfPresent(name, (unused, value) -> change.apply(value));
    return new Json.Obj(object.place(), Collections.unmodifiableSortedMap(members));
  }

  private static final String FROZEN =
      like("frozen", "\"governance\": {\"mode\": \"frozen\"}", "\"policy_denied\"");

  /** What a rule that reads the mode denies is its own: without it the document still is about modes. */
  @Test
  void freeze_isDeniedByTheDocument_orByTheRuleThatReadsTheMode_whichTestsHold() throws Exception {
    TestReport silent = run(draft(), GOOD, UNMEASURED, OTHER, IN_MEMORY, FROZEN);
    assertThat(silent.failures()).isEmpty();
    assertThat(silent.tests().get(4).decidedBy()).containsExactly(Policy.FROZEN);
    assertThat(silent.tests().get(4).shadowDecidedBy()).containsExactly(Policy.FROZEN);

    String calm = "governance.mode != Mode.FROZEN";
    String good = GOOD.replace("\"env\"", "\"governance\": {\"mode\": \"normal\"}, \"env\"");
    TestReport enforced =
        run(draft().require("calm", calm), good, UNMEASURED, OTHER, IN_MEMORY, FROZEN);
    assertThat(enforced.failures()).isEmpty();
    assertThat(enforced.gaps()).isEmpty();
    assertThat(enforced.tests().get(4).decidedBy()).containsExactly("calm");

    TestReport watched =
        run(
            draft().rule("calm", "requirement", "require", calm, "policy_denied", "shadow", ""),
            good,
            UNMEASURED,
            OTHER,
            IN_MEMORY,
            FROZEN);
    assertThat(watched.failures()).isEmpty();
    assertThat(watched.tests().get(4).decidedBy()).containsExactly(Policy.FROZEN);
    assertThat(watched.tests().get(4).shadowDecidedBy()).containsExactly("calm");
  }
}
