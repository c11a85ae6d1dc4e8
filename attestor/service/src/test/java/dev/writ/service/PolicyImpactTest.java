// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.ledger.StoredLedger;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.service.ImpactReport.Change;
import dev.writ.service.ImpactReport.Kind;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyImpact.Verdict;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a candidate would have decided in the place of the policy that did. */
final class PolicyImpactTest {
  private static final int ALLOWED = 3;

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static ReplayedStore store;
  private static Instant began;

  /** Three permissions, a denial of the policy's, one before it, and one whose evidence is erased. */
  @BeforeAll
  static void decide() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    began = deployment.clock.instant();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    store = ReplayedStore.of(deployment);
    for (int i = 0; i < ALLOWED; i++) {
      assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
    ExecutionRequest request = Deployment.request(host);
    Deployment.denial(
        DenialCode.SCOPE_EXCEEDED,
        deployment.issue(
            host.answer(
                deployment.challenge(host),
                new ExecutionRequest(
                    request.iss(),
                    request.aud(),
                    request.tenant(),
                    request.sub(),
                    new Act("delete", "everything", Hash.sha256(new byte[0]), Map.of(), 1),
                    Optional.empty(),
                    request.jkt()))));
    Deployment.denial(
        DenialCode.SCOPE_EXCEEDED,
        deployment.issue(
            host.answer(
                deployment.challenge(host),
                Deployment.request(
                    "https://writ.example",
                    "acme",
                    Deployment.workloadOf("host-a"),
                    Optional.empty(),
                    host.jkt()))));
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.service().ledger().payloads().erase(deployment.leaves() - 1)).isTrue();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static ImpactReport impactOf(PolicyDocument candidate) throws Exception {
    ImpactReport report = new ImpactReport();
    try (StoredLedger ledger = store.open()) {
      PolicyImpact impact = new PolicyImpact(store.replay(ledger), candidate);
      new StoredRange(ledger, 0, ledger.size()).run(2, impact, report::add, done -> {});
    }
    return report;
  }

  private static PolicyDocument changed(UnaryOperator<String> text) throws Exception {
    String json = new String(deployment.document().canonical(), StandardCharsets.UTF_8);
    String changed = text.apply(json);
    assertThat(changed).isNotEqualTo(json);
    return PolicyDocument.parse(changed.getBytes(StandardCharsets.UTF_8));
  }

  private static PolicyDocument revised(Consumer<PolicyRevision> change) throws Exception {
    PolicyRevision revision = deployment.document().revise().nextVersion();
    change.accept(revision);
    return revision.build();
  }

  private static ShadowReport watched(StoredLedger ledger) throws Exception {
    PolicyShadow shadow = PolicyShadow.of(ledger, store.replay(ledger));
    ShadowReport report = new ShadowReport(shadow.rules());
    new StoredRange(ledger, 0, ledger.size()).run(2, shadow, report::add, done -> {});
    return report;
  }

  /** The example has one, on where the instance key is. */
  @Test
  void ruleInShadowMode_isWatched_andReadyWhereNothingWouldHaveChanged() throws Exception {
    try (StoredLedger ledger = store.open()) {
      ShadowReport report = watched(ledger);

      assertThat(report.rules()).hasSize(1);
      ShadowReport.RuleWatch watch = report.rules().get(0);
      assertThat(watch.rule().id()).isEqualTo("key-in-tpm");
      assertThat(watch.evaluated()).as("permissions, and a denial of the policy's").isEqualTo(4);
      assertThat(watch.errors()).isZero();
      assertThat(report.beside(Beyond.ERASED)).isEqualTo(1);
      assertThat(report.beside(Beyond.NOT_THE_POLICYS)).isEqualTo(1);
      assertThat(report.beside(Beyond.CONTRADICTS)).isZero();
      assertThat(watch.missing(Duration.ZERO, 5)).containsExactly("evaluated in 4 of 5 decisions");
      assertThat(watch.missing(Duration.ofDays(1), 4)).containsExactly("watched for 0 h of 24");
      assertThat(watch.missing(Duration.ZERO, 4)).isEmpty();
      assertThat(watch.groups()).isEmpty();
    }
  }

  @Test
  void policyInForce_changesNothing() throws Exception {
    ImpactReport report = impactOf(deployment.document());

    assertThat(report.changes()).isEmpty();
    assertThat(report.allowed()).isEqualTo(ALLOWED);
    assertThat(report.denied()).isEqualTo(1);
    assertThat(report.undecided(Beyond.ERASED)).isEqualTo(1);
    assertThat(report.undecided(Beyond.NOT_THE_POLICYS)).isEqualTo(1);
    assertThat(report.undecided(Beyond.CONTRADICTS)).isZero();
    assertThat(report.rules())
        .anySatisfy(
            rule -> {
              assertThat(rule.rule().id()).isEqualTo("measured-state");
              assertThat(rule.denied()).isZero();
            });
  }

  @Test
  void ruleMore_deniesWhatWasAllowed_withCodeRuleAndExamples() throws Exception {
    String rule =
        """
        {"id":"no-true","description":"","stage":"restriction","effect":"forbid",
         "when":"request.resource == '/usr/bin/true'","code":"policy_denied",
         "reason_user":"No.","reason_admin":"No.","mode":"enforce","obligations":[]}""";
    ImpactReport report =
        impactOf(changed(text -> text.replace("\"rules\":[", "\"rules\":[" + rule + ",")));

    assertThat(report.changed(Kind.ALLOW_TO_DENY)).isEqualTo(ALLOWED);
    Change change = report.changes().iterator().next();
    assertThat(change.now()).isEqualTo(new Verdict.Denied("policy_denied", "no-true"));
    assertThat(change.examples())
        .hasSize(ALLOWED)
        .allSatisfy(
            example -> {
              assertThat(example.host()).isEqualTo("host-a");
              assertThat(example.resource()).isEqualTo("/usr/bin/true");
            });
  }

  @Test
  void otherReferenceValues_areAppraisedAnew() throws Exception {
    ReferenceSet other =
        new ReferenceSet(
            "other",
            "",
            Set.of(ReferenceSet.ANY_HOST),
            Map.of(Bank.SHA256, Map.of(7, List.of(Hash.sha256(new byte[] {9}).hex()))));
    ImpactReport report = impactOf(revised(policy -> policy.referenceSets(List.of(other))));

    assertThat(report.changed(Kind.ALLOW_TO_DENY)).isEqualTo(ALLOWED);
    assertThat(report.changes())
        .anySatisfy(
            change ->
                assertThat(change.now())
                    .isEqualTo(new Verdict.Denied("environment_untrusted", "measured-state")));
  }

  @Test
  void valuesOfPcrsThatNobodyQuoted_areNotHeldAgainstTheHosts() throws Exception {
    ReferenceSet more =
        new ReferenceSet(
            "more",
            "",
            Set.of(ReferenceSet.ANY_HOST),
            Map.of(Bank.SHA256, Map.of(11, List.of(Hash.sha256(new byte[] {9}).hex()))));
    ImpactReport report = impactOf(revised(policy -> policy.referenceSets(List.of(more))));

    assertThat(report.undecided(Beyond.NOT_ASKED)).isEqualTo(ALLOWED + 1);
    assertThat(report.changes()).isEmpty();
  }

  @Test
  void candidateThatIsToComeIntoForce_isTakenAsIfItHad() throws Exception {
    Instant later = began.plus(Duration.ofDays(1));
    ImpactReport report =
        impactOf(revised(policy -> policy.inForce(later, later.plus(Duration.ofDays(30)))));

    assertThat(report.changes()).isEmpty();
    assertThat(report.allowed()).isEqualTo(ALLOWED);
  }
}
