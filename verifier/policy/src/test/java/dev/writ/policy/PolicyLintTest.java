// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What lint says of a file: every fault at once, and warnings of what is probably not meant. */
class PolicyLintTest {
  private static final String TESTS =
      """
      [{"name": "good", "inputs": {"trust": {"pcrs_match": true}, "request": {"action": "exec"}},
        "expect": "allow"},
       {"name": "unmeasured", "like": "good", "inputs": {"trust": {"pcrs_match": false}},
        "expect": "environment_untrusted"},
       {"name": "other", "like": "good", "inputs": {"request": {"action": "read"}},
        "expect": "policy_denied"}]
      """;
  private static final String SETS =
      "[{\"name\": \"s\", \"hosts\": [\"*\"], \"pcrs\": {\"sha256\": {\"0\": [\"%s\"]}}}]"
          .formatted(Samples.HASH);

  private static Samples.Draft measured() {
    return new Samples.Draft()
        .with("reference_values", SETS)
        .rule("measured", "trust", "require", "trust.pcrs_match", "environment_untrusted");
  }

  private static Samples.Draft clean() {
    return measured().permit("exec", "request.action == 'exec'").with("tests", TESTS);
  }

  private static PolicyLint.Report lint(Samples.Draft draft) {
    return PolicyLint.of(draft.bytes(), Samples.NOW);
  }

  private static List<String> warnings(Samples.Draft draft) {
    PolicyLint.Report report = lint(draft);
    assertThat(report.faults()).isEmpty();
    return report.warnings().stream().map(PolicyLint.Finding::sentence).toList();
  }

  @Test
  void document_withNothingToSay_hasNoFindings() {
    assertThat(warnings(clean())).isEmpty();
    assertThat(
            warnings(
                measured()
                    .permit("exec", "request.action in constants.actions")
                    .with("constants", "{\"actions\": [\"exec\"]}")
                    .with("tests", TESTS)))
        .isEmpty();
  }

  private static List<String> warningsOfObligation(String obligation) {
    return warnings(
        measured()
            .rule(
                "exec",
                "authorization",
                "permit",
                "request.action == 'exec'",
                "",
                "enforce",
                "[\"" + obligation + "\"]")
            .with(
                "tests",
                TESTS.replace(
                    "\"allow\"}", "\"allow\", \"obligations\": [\"" + obligation + "\"]}")));
  }

  @Test
  void obligation_thatNoGatewayKnows_isWarnedOf() {
    assertThat(warningsOfObligation("sealedcopy"))
        .singleElement()
        .asString()
        .contains("rule exec has the obligation sealedcopy, which no gateway");
    assertThat(warningsOfObligation("reroute")).hasSize(1);
    assertThat(warningsOfObligation("sealed_copy")).isEmpty();
    assertThat(warningsOfObligation("lease:30")).isEmpty();
    assertThat(warningsOfObligation("reroute:staging")).isEmpty();
  }

  @Test
  void document_withManyFaults_namesThemAllInOrder() {
    PolicyLint.Report report =
        lint(
            new Samples.Draft()
                .with("constants", "{\"limit\": 3}")
                .with("lifetime_s", "0")
                .with("reference_values", SETS.replace("\"0\":", "\"24\":"))
                .require("one", "request.depth < constants.limits")
                .require("two", "request.depth < 'x'")
                .rule("three", "trust", "require", "true", "replayed")
                .permit("exec", "request.action == 'exec'")
                .with(
                    "tests",
                    "[{\"name\": \"a\", \"inputs\": {\"trusted\": 1}, \"expect\": \"allow\"},"
                        + " {\"name\": \"b\", \"like\": \"a\", \"expect\": \"allow\"},"
                        + " {\"name\": \"c\", \"inputs\": {}, \"expect\": \"maybe\"}]"));
    assertThat(report.faults())
        .extracting(finding -> finding.sentence().replaceAll(": .*", ""))
        .containsExactly(
            "$.lifetime_s",
            "$.reference_values[0].pcrs.sha256.24, set s",
            "$.rules[0].when, rule one",
            "$.rules[1].when, rule two",
            "$.rules[2].code, rule three",
            "$.tests[0].inputs.trusted, test a",
            "$.tests[2].expect, test c");
    assertThat(report.faults()).allMatch(finding -> finding.line() > 1 && finding.column() > 1);
    assertThat(report.warnings()).isEmpty();
  }

  @Test
  void document_withFaultyConstants_blamesNoRuleForThem() {
    PolicyLint.Report report =
        lint(
            clean()
                .with("constants", "{\"a\": 1.5}")
                .require("limited", "request.depth < constants.a"));
    assertThat(report.faults())
        .singleElement()
        .extracting(PolicyLint.Finding::sentence)
        .asString()
        .startsWith("$.constants.a: must be an integer");
  }

  @Test
  void faults_ofEveryKind_areNoDocument() {
    for (String text : List.of("", "[]", "{", "a: b", "type: writ-policy-v1", "{\"rules\": 5}")) {
      assertThat(PolicyLint.of(text.getBytes(StandardCharsets.UTF_8), Samples.NOW).faults())
          .as(text)
          .isNotEmpty();
    }
  }

  @Test
  void expiry_pastOrSoon_isToldAbout() {
    Instant expires = Instant.parse("2027-01-01T00:00:00Z");
    assertThat(at(expires)).containsExactly("$.expires: is past: the policy denies everything");
    assertThat(at(expires.minusSeconds(1)))
        .containsExactly(
            "$.expires: comes in less than 30 days: the policy denies everything from then on");
    assertThat(at(expires.minus(Duration.ofDays(30)))).isEmpty();
  }

  private static List<String> at(Instant now) {
    return PolicyLint.of(clean().bytes(), now).warnings().stream()
        .map(PolicyLint.Finding::sentence)
        .toList();
  }

  @Test
  void policy_thatPermitsNothing_isToldAbout() {
    assertThat(warnings(measured().with("tests", TESTS.replace("\"allow\"", "\"policy_denied\""))))
        .containsExactly(
            "$.rules: none of effect permit is enforced: the policy allows nothing",
            "$.tests: none comes to an allow, so that nothing shows what the policy permits");
  }

  @Test
  void permit_whereNothingReadsTrust_isToldAbout() {
    String blind =
        "$.rules[0].when: rule exec reads nothing of trust, and no enforced require or forbid does:"
            + " it permits whatever machine asks";
    Samples.Draft draft =
        new Samples.Draft()
            .permit("exec", "request.action == 'exec'")
            .with("tests", TESTS.replace("environment_untrusted", "allow"));
    assertThat(warnings(draft)).containsExactly(blind);
    assertThat(
            warnings(
                draft.rule(
                    "watched",
                    "trust",
                    "require",
                    "trust.pcrs_match",
                    "policy_denied",
                    "shadow",
                    "")))
        .contains(blind);
  }

  @Test
  void referenceValues_thatAreEmptyAndMatched_areToldAbout() {
    assertThat(warnings(clean().with("reference_values", "[]")))
        .containsExactly(
            "$.reference_values: are empty, and trust.pcrs_match is false on every host");
  }

  @Test
  void breakglass_thatOnePersonOpensAlone_isToldAbout() {
    String glass =
        "{\"threshold\": %d, \"approvers\": [\"a\", \"b\"], \"max_ttl_s\": 600,"
            + " \"review_within_s\": 3600}";
    assertThat(warnings(clean().with("breakglass", glass.formatted(1))))
        .anyMatch(warning -> warning.startsWith("$.breakglass: has the threshold 1"));
    assertThat(warnings(clean().with("breakglass", glass.formatted(2))))
        .noneMatch(warning -> warning.contains("threshold"));
  }

  @Test
  void approvals_thatLetNothingHappen_areToldAbout() {
    String approvals = "{\"threshold\": 1, \"approvers\": [\"a\"], \"separation\": %s}";
    Samples.Draft reading =
        clean()
            .require("approved", "request.action == 'read' || size(governance.approvals) >= 1")
            .without("tests");
    assertThat(warnings(reading))
        .contains(
            "$.rules[2].when: rule approved reads governance.approvals, which are none where approvals"
                + " names nobody");
    assertThat(warnings(clean().with("approvals", approvals.formatted(false))))
        .containsExactly(
            "$.approvals: no enforced rule reads governance.approvals: they let nothing happen");
    assertThat(warnings(reading.with("approvals", approvals.formatted(false))))
        .noneMatch(warning -> warning.contains("approvals"));
    assertThat(warnings(reading.with("approvals", approvals.formatted(true))))
        .anyMatch(warning -> warning.startsWith("$.approvals: separation counts those alone"));
  }

  @Test
  void separation_ofAnApproverWhoLacksANameThatOthersHave_isToldAbout() {
    Samples.Draft reading =
        clean()
            .require("approved", "request.action == 'read' || size(governance.approvals) >= 1")
            .without("tests");
    String approvals =
        "{\"threshold\": 1, \"approvers\": [\"a\", \"b\"], \"separation\": %s, \"principals\": {\"a\":"
            + " [\"oidc:corp:alice\", \"tls:CN=alice\"], \"b\": [\"oidc:corp:bob\"%s]}}";
    assertThat(warnings(reading.with("approvals", approvals.formatted(true, ""))))
        .contains(
            "$.approvals: approver b has no name of tls: in principals, and does not count where an"
                + " initiator has one");
    assertThat(warnings(reading.with("approvals", approvals.formatted(true, ", \"bob\""))))
        .contains(
            "$.approvals: no initiator has the name bob of approver b: it must begin with"
                + " oidc:PROVIDER: or tls:, and be percent-encoded as they are");
    assertThat(warnings(reading.with("approvals", approvals.formatted(true, ", \"tls:CN=b%2c\""))))
        .anyMatch(warning -> warning.contains("no initiator has the name tls:CN=b%2c"));
    for (String whole :
        List.of(
            approvals.formatted(true, ", \"tls:CN=Bob%20%C3%84\""),
            approvals.formatted(false, ""))) {
      assertThat(warnings(reading.with("approvals", whole)))
          .noneMatch(warning -> warning.contains("approvals:"));
    }
  }

  @Test
  void constant_thatNoRuleReads_isToldAbout() {
    assertThat(warnings(clean().with("constants", "{\"action\": \"exec\"}")))
        .containsExactly("$.constants.action: no rule reads it");
  }

  @Test
  void tests_thatAreMissingFailOrShowOneSideAlone_areToldAbout() {
    assertThat(warnings(clean().without("tests")))
        .containsExactly("$.rules: no test holds any of them: write tests");
    assertThat(warnings(clean().permit("never", "request.depth < 0").require("always", "true")))
        .containsExactly(
            "$.rules[2].when: rule never is true in no test: is it always false?",
            "$.rules[3].when: rule always is false in no test: is it always true?");
    assertThat(warnings(clean().with("tests", TESTS.replace("policy_denied", "allow"))))
        .containsExactly("$.tests: not all pass: writ policy test says which");
  }

  @Test
  void mode_thatIsRead_andNoTestShowsWhatAFreezeDenies_isToldAbout() {
    String tests = TESTS.strip();
    String frozen =
        "{\"name\": \"frozen\", \"expect\": \"%s\","
            + " \"inputs\": {\"governance\": {\"mode\": \"frozen\"}}}]";
    String open = tests.substring(0, tests.length() - 1) + ", ";
    assertThat(warnings(clean().with("tests", open + frozen.formatted("policy_denied"))))
        .as("nothing reads it: a freeze denies everything")
        .noneMatch(warning -> warning.contains("governance.mode"));
    String told = "$.rules: read governance.mode, so that a freeze denies what they deny alone";
    Samples.Draft reading = clean().require("calm", "governance.mode != Mode.FROZEN");
    assertThat(warnings(reading)).anyMatch(warning -> warning.startsWith(told));
    assertThat(warnings(reading.with("tests", open + frozen.formatted("policy_denied"))))
        .noneMatch(warning -> warning.startsWith(told));
  }

  @Test
  void mode_thatIsReadForBreakglassAlone_isToldAbout_atItsRule() {
    String unsaid =
        "$.rules[%d].when: rule %s reads governance.mode, and neither it nor another enforced rule";
    Samples.Draft forBreakglass = clean().require("glass", "governance.mode != Mode.BREAKGLASS");
    assertThat(warnings(forBreakglass))
        .anyMatch(warning -> warning.startsWith(unsaid.formatted(2, "glass")));
    assertThat(warnings(forBreakglass.require("calm", "governance.mode != Mode.FROZEN")))
        .noneMatch(warning -> warning.contains("cannot be published"));
  }
}
