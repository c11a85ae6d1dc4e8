// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.policy.RuleResult;
import dev.writ.policy.RuleResult.Outcome;
import dev.writ.policy.SeenValue;
import dev.writ.service.PolicyShadow.Observation;
import dev.writ.service.ShadowReport.Difference;
import dev.writ.service.ShadowReport.Group;
import dev.writ.service.ShadowReport.RuleWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What keeps a rule in shadow mode: each difference and each error, and too little to tell. */
class ShadowReportTest {
  private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  private static Rule shadowed(String effect) throws Exception {
    Path example = Path.of("../../docs/examples/dev-policy.json");
    PolicyDocument document = PolicyDocument.parse(Files.readAllBytes(example));
    return document.rules().stream()
        .filter(
            rule ->
                effect.equals("permit")
                    ? rule.effect() == Rule.Effect.PERMIT
                    : rule.mode() == Rule.Mode.SHADOW)
        .findFirst()
        .orElseThrow();
  }

  private static Observation decision(
      int index, boolean allowed, boolean unpermitted, Rule rule, Outcome outcome, String host) {
    return new Observation.Watched(
        index,
        "id-" + index,
        FIRST.plus(DAY.multipliedBy(index)),
        allowed,
        unpermitted,
        host,
        "spiffe://dev.example/worker",
        List.of(
            new RuleResult(
                rule,
                outcome,
                Optional.empty(),
                List.of(
                    new SeenValue(
                        "env.key_storage", Optional.of("\"memory\""), Optional.empty())))));
  }

  @Test
  void requirement_thatAllowsWouldHaveFailed_isNotReady_andSaysWhose() throws Exception {
    Rule rule = shadowed("require");
    ShadowReport report = new ShadowReport(List.of(rule));
    for (int i = 0; i < 5; i++) {
      report.add(decision(i, true, false, rule, Outcome.FALSE, i < 4 ? "host-a" : "host-b"));
    }
    report.add(decision(5, true, false, rule, Outcome.TRUE, "host-a"));
    report.add(decision(6, false, false, rule, Outcome.FALSE, "host-a"));

    RuleWatch watch = report.rules().get(0);
    assertThat(watch.evaluated()).isEqualTo(7);
    assertThat(watch.since()).contains(FIRST);
    assertThat(watch.watched()).isEqualTo(DAY.multipliedBy(6));
    assertThat(watch.changed(Difference.WOULD_DENY)).as("of denials nothing changes").isEqualTo(5);
    assertThat(watch.missing(DAY, 7)).containsExactly("would have changed 5 of 7 decisions");
    Group most = watch.groups().get(0);
    assertThat(most.host()).isEqualTo("host-a");
    assertThat(most.count()).isEqualTo(4);
    assertThat(most.saw()).isEqualTo("env.key_storage=\"memory\"");
    assertThat(most.examples()).containsExactly("id-0", "id-1", "id-2");
    assertThat(watch.groups()).hasSize(2);
  }

  @Test
  void error_isNotReady_evenWhereTheDecisionWasADenial() throws Exception {
    Rule rule = shadowed("require");
    ShadowReport report = new ShadowReport(List.of(rule));
    report.add(decision(0, false, false, rule, Outcome.ERROR, "host-a"));

    assertThat(report.rules().get(0).missing(Duration.ZERO, 1))
        .containsExactly("came to an error in 1 of 1 decisions");
  }

  @Test
  void permission_thatWouldHaveAllowedWhatNobodyPermitted_isADifference() throws Exception {
    Rule rule = shadowed("permit");
    ShadowReport report = new ShadowReport(List.of(rule));
    report.add(decision(0, false, true, rule, Outcome.TRUE, "host-a"));
    report.add(decision(1, false, false, rule, Outcome.TRUE, "host-a"));

    assertThat(report.rules().get(0).changed(Difference.WOULD_ALLOW))
        .as("what another rule denies stays denied")
        .isEqualTo(1);
  }

  @Test
  void groups_areBounded_andNoneIsLost() throws Exception {
    Rule rule = shadowed("require");
    ShadowReport report = new ShadowReport(List.of(rule));
    for (int i = 0; i < 300; i++) {
      report.add(decision(i, true, false, rule, Outcome.FALSE, "host-" + i));
    }

    RuleWatch watch = report.rules().get(0);
    assertThat(watch.groups()).hasSize(257);
    assertThat(watch.groups().get(0).host()).isEqualTo("*");
    assertThat(watch.changed(Difference.WOULD_DENY)).isEqualTo(300);
  }

  @Test
  void nothingSeen_isNotReady() throws Exception {
    RuleWatch watch = new ShadowReport(List.of(shadowed("require"))).rules().get(0);

    assertThat(watch.missing(Duration.ZERO, 1)).containsExactly("evaluated in 0 of 1 decisions");
  }
}
