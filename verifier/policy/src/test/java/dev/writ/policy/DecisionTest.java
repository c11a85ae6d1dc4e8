// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the outcomes of rules make a decision. */
class DecisionTest {
  private static final String ERROR = "1 / request.depth == 1";

  private static Decision decide(Samples.Draft draft) throws Exception {
    return draft.policy().decide(Samples.INPUTS);
  }

  private static Decision decideAt(Samples.Draft draft, String now) throws Exception {
    return draft
        .policy()
        .decide(
            Samples.SUBJECT,
            Samples.REQUEST,
            Samples.GOVERNANCE,
            Samples.TRUST,
            Samples.ENV,
            Instant.parse(now));
  }

  private static Samples.Draft permitting() {
    return new Samples.Draft().permit("all", "true");
  }

  @ParameterizedTest(name = "{0} {1} -> allowed: {2}")
  @CsvSource({
    "require, true, true",
    "require, false, false",
    "require, error, false",
    "forbid, true, false",
    "forbid, false, true",
    "forbid, error, false",
    "permit, true, true",
    "permit, false, true",
    "permit, error, false"
  })
  void outcome_ofEachEffect_besideATruePermit(String effect, String outcome, boolean allowed)
      throws Exception {
    String when = outcome.equals("error") ? ERROR : outcome;
    String code = effect.equals("permit") ? "" : "runtime_condition";
    Decision decision = decide(permitting().rule("r", "enforcement", effect, when, code));
    assertThat(Samples.result(decision, "r").outcome().wire()).isEqualTo(outcome);
    assertThat(decision instanceof Decision.Allow).isEqualTo(allowed);
    if (decision instanceof Decision.Deny deny) {
      assertThat(deny.code())
          .isEqualTo(
              effect.equals("permit") ? PolicyCode.POLICY_DENIED : PolicyCode.RUNTIME_CONDITION);
      assertThat(deny.reasons())
          .containsExactly(new Decision.Reason("r", deny.code(), "user: r", "admin: r"));
    }
  }

  @Test
  void policy_withoutATruePermit_deniesByDefault() throws Exception {
    Decision none = decide(new Samples.Draft().require("r", "true"));
    assertThat(none.reasons()).extracting(Decision.Reason::rule).containsExactly(Policy.NO_PERMIT);
    Decision untrue = decide(new Samples.Draft().permit("p", "false").permit("q", "false"));
    assertThat(((Decision.Deny) untrue).code()).isEqualTo(PolicyCode.POLICY_DENIED);
  }

  private static Inputs in(Governance.Mode mode) {
    Governance governance = new Governance(Optional.of("alice"), List.of(), mode, 1);
    return new Inputs(
        Samples.SUBJECT, Samples.REQUEST, governance, Samples.TRUST, Samples.ENV, Samples.NOW);
  }

  @Test
  void freeze_ofADocumentWhoseEnforcedRulesDoNotReadTheMode_deniesEverything() throws Exception {
    String calm = "governance.mode == Mode.NORMAL";
    for (Samples.Draft silent :
        List.of(
            permitting(),
            permitting().rule("r", "trust", "require", calm, "policy_denied", "shadow", ""))) {
      Policy policy = silent.policy();
      assertThat(policy.decide(in(Governance.Mode.NORMAL))).isInstanceOf(Decision.Allow.class);
      assertThat(policy.decide(in(Governance.Mode.BREAKGLASS))).isInstanceOf(Decision.Allow.class);
      Inputs frozen = in(Governance.Mode.FROZEN);
      assertThat(policy.decide(frozen))
          .isInstanceOfSatisfying(
              Decision.Deny.class,
              deny -> {
                assertThat(deny.code()).isEqualTo(PolicyCode.POLICY_DENIED);
                assertThat(deny.reasons())
                    .extracting(Decision.Reason::rule)
                    .containsExactly(Policy.FROZEN);
              });
      assertThat(policy.wouldAllow(frozen, List.of())).isFalse();
    }
    Policy permissive = permitting().require("r", "governance.mode != Mode.BREAKGLASS").policy();
    assertThat(permissive.decide(in(Governance.Mode.FROZEN)))
        .as("the document says what a freeze means")
        .isInstanceOf(Decision.Allow.class);
    Policy strict = permitting().require("r", calm).policy();
    assertThat(strict.decide(in(Governance.Mode.FROZEN)).reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly("r");
  }

  @Test
  void rules_afterADenial_areEvaluatedAllTheSame() throws Exception {
    Decision decision =
        decide(
            new Samples.Draft()
                .rule("first", "trust", "require", "false", "environment_untrusted")
                .rule("second", "trust", "forbid", "true", "scope_exceeded")
                .permit("third", ERROR));
    assertThat(decision.rules())
        .extracting(result -> result.rule().id() + " " + result.outcome().wire())
        .containsExactly(
            "document/effective_from true",
            "document/expires true",
            "first false",
            "second true",
            "third error");
  }

  @Test
  void denials_several_areOrderedByStageThenDocument() throws Exception {
    Decision.Deny deny =
        (Decision.Deny)
            decide(
                new Samples.Draft()
                    .rule("e", "enforcement", "require", "false", "runtime_condition")
                    .rule("a", "authorization", "require", "false", "scope_exceeded")
                    .rule("q", "requirement", "require", "false", "policy_denied")
                    .rule("r2", "restriction", "forbid", "true", "policy_denied")
                    .rule("r1", "restriction", "forbid", "true", "scope_exceeded")
                    .rule("t", "trust", "require", ERROR, "environment_untrusted"));
    assertThat(deny.reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly("t", "r2", "r1", "q", "a", "e", Policy.NO_PERMIT);
    assertThat(deny.code()).isEqualTo(PolicyCode.ENVIRONMENT_UNTRUSTED);
  }

  /** Only which of two rules of one stage is named first may depend on their order. */
  @Test
  void outcome_rulesInAnyOrder_isTheSame() throws Exception {
    List<String> effects = List.of("require", "forbid", "permit");
    List<String> outcomes = List.of("true", "false", ERROR);
    List<String> stages =
        List.of("trust", "restriction", "requirement", "authorization", "enforcement");
    List<String> codes =
        List.of("environment_untrusted", "policy_denied", "scope_exceeded", "runtime_condition");
    Random random = new Random(8);
    for (int round = 0; round < 60; round++) {
      List<String[]> rules = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String effect = effects.get(random.nextInt(3));
        rules.add(
            new String[] {
              "r" + i,
              stages.get(i),
              effect,
              outcomes.get(random.nextInt(3)),
              effect.equals("permit") ? "" : codes.get(random.nextInt(4))
            });
      }
      Decision expected = decide(draft(rules));
      Collections.shuffle(rules, random);
      Decision shuffled = decide(draft(rules));
      assertThat(shuffled.getClass()).isEqualTo(expected.getClass());
      assertThat(shuffled.reasons()).isEqualTo(expected.reasons());
    }
  }

  private static Samples.Draft draft(List<String[]> rules) {
    Samples.Draft draft = new Samples.Draft();
    for (String[] rule : rules) {
      draft = draft.rule(rule[0], rule[1], rule[2], rule[3], rule[4]);
    }
    return draft;
  }

  @Test
  void shadowRules_areRecordedAndNotEnforced() throws Exception {
    Decision allowed =
        decide(
            permitting()
                .rule("s1", "enforcement", "require", "false", "scope_exceeded", "shadow", "")
                .rule("s2", "trust", "forbid", ERROR, "scope_exceeded", "shadow", "[]"));
    assertThat(allowed).isInstanceOf(Decision.Allow.class);
    assertThat(allowed.shadow()).extracting(Decision.Reason::rule).containsExactly("s2", "s1");
    assertThat(Samples.result(allowed, "s1").outcome()).isEqualTo(RuleResult.Outcome.FALSE);

    Decision denied =
        decide(
            new Samples.Draft()
                .rule("p", "authorization", "permit", "true", "", "shadow", "[\"reroute:x\"]"));
    assertThat(denied.reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly(Policy.NO_PERMIT);
  }

  @Test
  void obligations_ofEnforcedRulesThatHold_areCollectedOnce() throws Exception {
    Decision.Allow allow =
        (Decision.Allow)
            decide(
                permitting()
                    .rule("a", "trust", "permit", "true", "", "enforce", "[\"reroute:b\",\"log\"]")
                    .rule("b", "trust", "permit", "false", "", "enforce", "[\"reroute:c\"]")
                    .rule("c", "trust", "permit", "true", "", "shadow", "[\"reroute:d\"]")
                    .rule(
                        "d", "trust", "require", "true", "policy_denied", "enforce", "[\"log\"]"));
    assertThat(allow.obligations())
        .extracting(Obligation::wire)
        .containsExactly("reroute:b", "log");
    assertThat(allow.lifetime()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void leases_ofRulesAndDocument_areTheShortestOne() throws Exception {
    Samples.Draft draft =
        permitting()
            .rule("a", "trust", "permit", "true", "", "enforce", "[\"lease:60\",\"log\"]")
            .rule("b", "trust", "permit", "true", "", "enforce", "[\"lease:40\"]")
            .rule("c", "trust", "permit", "false", "", "enforce", "[\"lease:5\"]");
    Decision.Allow byRules = (Decision.Allow) decide(draft);
    assertThat(byRules.obligations())
        .extracting(Obligation::wire)
        .containsExactly("log", "lease:40");
    assertThat(byRules.lease()).contains(Duration.ofSeconds(40));
    Decision.Allow byDocument = (Decision.Allow) decide(draft.with("lease", "{\"max_age_s\":30}"));
    assertThat(byDocument.obligations())
        .extracting(Obligation::wire)
        .containsExactly("log", "lease:30");
    Decision.Allow none = (Decision.Allow) decide(permitting());
    assertThat(none.obligations()).isEmpty();
    assertThat(none.lease()).isEmpty();
  }

  /** Whoever judges each call by the artifact's end needs no obligation for it. */
  @Test
  void lease_ofTheDocument_bindsOnlyWhatRunsOnAHost() throws Exception {
    Inputs call = Samples.INPUTS;
    Request request = call.request();
    Inputs elsewhere =
        new Inputs(
            call.subject(),
            new Request(
                request.action(),
                request.resource(),
                request.argsDigest(),
                List.of("https://gateway.example"),
                request.tenant(),
                request.maxUses(),
                request.limits(),
                request.depth(),
                request.parent(),
                request.exec()),
            call.governance(),
            call.trust(),
            call.env(),
            call.now());
    Decision.Allow allow =
        (Decision.Allow)
            permitting().with("lease", "{\"max_age_s\":30}").policy().decide(elsewhere);
    assertThat(allow.obligations()).isEmpty();
    assertThat(allow.lease()).contains(Duration.ofSeconds(30));
  }

  @Test
  void document_outsideItsTime_denies() throws Exception {
    assertThat(decideAt(permitting(), "2026-01-01T00:00:00Z")).isInstanceOf(Decision.Allow.class);
    assertThat(decideAt(permitting(), "2025-12-31T23:59:59.999Z").reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly("document/effective_from");
    assertThat(decideAt(permitting(), "2026-12-31T23:59:59.999Z"))
        .isInstanceOf(Decision.Allow.class);
    Decision.Deny expired = (Decision.Deny) decideAt(permitting(), "2027-01-01T00:00:00Z");
    assertThat(expired.code()).isEqualTo(PolicyCode.POLICY_DENIED);
    assertThat(expired.reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly("document/expires");
    assertThat(Samples.result(expired, "document/expires").saw())
        .containsExactly(
            new SeenValue("now", Optional.of("\"2027-01-01T00:00:00Z\""), Optional.empty()));
  }

  @Test
  void document_forOtherTenants_deniesByScope() throws Exception {
    assertThat(decide(permitting().with("targets", "[\"acme\",\"dev\"]")))
        .isInstanceOf(Decision.Allow.class);
    Decision.Deny deny = (Decision.Deny) decide(permitting().with("targets", "[\"acme\"]"));
    assertThat(deny.code()).isEqualTo(PolicyCode.SCOPE_EXCEEDED);
    assertThat(deny.reasons().get(0).rule()).isEqualTo("document/targets");
  }

  @Test
  void rule_lists_whatItSaw() throws Exception {
    RuleResult result =
        Samples.evaluate(
            "has(request.parent) || request.limits['cpu_s'] > 3 && trust.tier == Tier.WARNING"
                + " && request.audiences.exists(a, a == subject.host) && env == env");
    assertThat(result.saw())
        .extracting(seen -> seen.path() + " = " + seen.json().orElse("absent"))
        .containsExactly(
            "request.parent = absent",
            "request.limits = {\"cpu_s\":10,\"mem_mb\":64}",
            "trust.tier = \"affirming\"",
            "request.audiences = [\"exec:000b" + Samples.HASH + "\"]",
            "subject.host = \"host-a\"",
            "env = {\"clock_safe\":true,\"key_storage\":\"tpm\",\"pcr_digest\":\""
                + Samples.HASH
                + "\",\"pcrs\":{\"sha256\":[0,7,8]},\"reset_count\":4,\"restart_count\":2}");
  }

  @Test
  void value_tooLongToShow_isShownAsDigest() throws Exception {
    Request request = withResource("x".repeat(2_000));
    Decision decision = decide(Samples.requiring("request.resource == ''"), request);
    SeenValue seen = Samples.result(decision, "tested").saw().get(0);
    assertThat(seen.json()).isEmpty();
    assertThat(seen.tooLong()).isPresent();
    assertThat(new String(decision.toJson(), StandardCharsets.UTF_8)).doesNotContain("xxxx");
  }

  @Test
  void inputs_beyondTheirBounds_areDeniedUnseen() throws Exception {
    assertTooLarge(withResource("x".repeat(4_097)), "request.resource must have at most 4096");
    assertTooLarge(withResource("\ud800"), "request.resource must be Unicode text");
    assertTooLarge(
        withAudiences(Collections.nCopies(257, "a")), "request.audiences must have at most 256");
    assertTooLarge(withAudiences(List.of("x".repeat(4_097))), "request.audiences must have");
    Map<String, Long> limits = Map.of("n", 1L << 53);
    assertTooLarge(
        new Request(
            "exec", "", "", List.of(), "dev", 1, limits, 0, Optional.empty(), Optional.empty()),
        "request.limits must be within 2^53-1");
  }

  private static void assertTooLarge(Request request, String because) throws Exception {
    Decision decision = decide(permitting(), request);
    Decision.Deny deny = (Decision.Deny) decision;
    assertThat(deny.code()).isEqualTo(PolicyCode.POLICY_DENIED);
    assertThat(deny.reasons()).hasSize(1);
    assertThat(deny.reasons().get(0).rule()).isEqualTo(Policy.INPUTS);
    assertThat(deny.reasons().get(0).admin()).contains(because);
    assertThat(deny.rules())
        .allMatch(result -> result.error().equals(Optional.of(RuleError.INPUTS_TOO_LARGE)))
        .allMatch(result -> result.saw().isEmpty())
        .hasSize(3);
  }

  private static Decision decide(Samples.Draft draft, Request request) throws Exception {
    return draft
        .policy()
        .decide(
            Samples.SUBJECT, request, Samples.GOVERNANCE, Samples.TRUST, Samples.ENV, Samples.NOW);
  }

  private static Request withResource(String resource) {
    return new Request(
        "exec", resource, "", List.of(), "dev", 1, Map.of(), 0, Optional.empty(), Optional.empty());
  }

  private static Request withAudiences(List<String> audiences) {
    return new Request(
        "exec", "", "", audiences, "dev", 1, Map.of(), 0, Optional.empty(), Optional.empty());
  }

  @Test
  void allow_outsideThisPackage_cannotBeMade() {
    assertThat(Decision.Allow.class.getDeclaredConstructors())
        .noneMatch(
            constructor ->
                Modifier.isPublic(constructor.getModifiers())
                    || Modifier.isProtected(constructor.getModifiers()));
    assertThat(Modifier.isFinal(Decision.Allow.class.getModifiers())).isTrue();
    assertThat(Decision.class.getPermittedSubclasses())
        .containsExactlyInAnyOrder(Decision.Allow.class, Decision.Deny.class);
    assertThat(Arrays.stream(Decision.class.getDeclaredConstructors()))
        .allMatch(constructor -> Modifier.isPrivate(constructor.getModifiers()));
  }
}
