// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The sample document of the documentation, as a reader of the README would use it. */
class DevPolicyTest {
  @Test
  void devPolicy_itsOwnTests_allHoldAndCover() throws Exception {
    TestReport report = PolicyTests.run(Policy.compile(PolicyDocument.parse(Samples.devPolicy())));
    assertThat(report.tests()).hasSizeGreaterThanOrEqualTo(3);
    assertThat(report.failures()).isEmpty();
    assertThat(report.gaps()).isEmpty();
    assertThat(report.passed()).isTrue();
    assertThat(report.covers()).isTrue();
  }

  @Test
  void devPolicy_brokenPermit_failsItsOwnTests() throws Exception {
    PolicyDocument document =
        PolicyDocument.parse(Samples.devPolicy())
            .revise()
            .constant("workloads", Map.of("host-z", List.of("spiffe://dev.example/z")))
            .build();
    TestReport report = PolicyTests.run(Policy.compile(document));
    assertThat(report.passed()).isFalse();
    assertThat(report.failures())
        .contains(
            "test worker-a-on-host-a: must come to allow, came to policy_denied by"
                + " document/permit");
  }

  @Test
  void devPolicy_asATemplate_takesReferenceValues() throws Exception {
    PolicyDocument template = PolicyDocument.parse(Samples.devPolicy());
    ReferenceSet measured =
        new ReferenceSet(
            "measured-boot",
            "",
            Set.of("host-a", "host-b"),
            Map.of(
                ReferenceSet.Bank.SHA256,
                Map.of(2, List.of("ab".repeat(32)), 10, List.of("cd".repeat(32)))));
    PolicyDocument filled =
        template.revise().referenceSets(List.of(measured)).lifetime(Duration.ofSeconds(20)).build();
    assertThat(filled.referenceSets()).containsExactly(measured);
    assertThat(filled.referenceSetFor("host-b")).contains(measured);
    assertThat(filled.referenceSetFor("host-c")).isEmpty();
    assertThat(filled.lifetime()).isEqualTo(Duration.ofSeconds(20));
    assertThat(filled.rules()).isEqualTo(template.rules());
    assertThat(filled.digest()).isNotEqualTo(template.digest());
    assertThat(template.referenceSetFor("any-host-at-all")).isPresent();
  }

  @Test
  void devPolicy_shadowRule_isRecordedAndChangesNothing() throws Exception {
    Policy policy = Policy.compile(PolicyDocument.parse(Samples.devPolicy()));
    Env inMemory =
        new Env(
            Env.KeyStorage.MEMORY,
            1,
            0,
            true,
            Map.of("sha256", List.of(0L)),
            Samples.HASH,
            Optional.empty());
    Decision decision =
        policy.decide(
            Samples.SUBJECT,
            Samples.REQUEST,
            Samples.GOVERNANCE,
            Samples.TRUST,
            inMemory,
            Samples.NOW);
    assertThat(decision).isInstanceOf(Decision.Allow.class);
    assertThat(decision.shadow()).extracting(Decision.Reason::rule).containsExactly("key-in-tpm");
  }
}
