// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.writ.evidence.Appraisal;
import dev.writ.evidence.TrustClaim;
import dev.writ.policy.Trust;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the policy is shown of an appraisal. */
final class PolicyInputsTest {
  private static Appraisal.Rule rule(String subject, int value) {
    return new Appraisal.Rule(
        "boot_authority", subject, TrustClaim.EXECUTABLES, value, "expected", "actual");
  }

  /** A log may have one variable twice. */
  @Test
  void findingsOfOneName_areTheWorstOfThem() {
    assertThat(
            PolicyInputs.findings(
                List.of(rule("db", 96), rule("db", 2), rule("Shim", 2), rule("", 0), rule("", 33))))
        .containsOnly(
            entry("boot_authority:db", Trust.Tier.CONTRAINDICATED),
            entry("boot_authority:Shim", Trust.Tier.AFFIRMING),
            entry("boot_authority", Trust.Tier.WARNING));
  }

  /** {@code 'secure_boot_debug' in trust.findings} must not hold of a host without a debugger. */
  @ParameterizedTest
  @ValueSource(strings = {"secure_boot_debug", "secure_boot_dma", "secure_boot_shim"})
  void weaknessOfSecureBoot_isAFindingOnlyWhereItWasFound(String reason) {
    assertThat(PolicyInputs.findings(List.of(weakness(reason, 0)))).isEmpty();
    assertThat(PolicyInputs.findings(List.of(weakness(reason, 32))))
        .containsOnly(entry(reason, Trust.Tier.WARNING));
    assertThat(PolicyInputs.findings(List.of(weakness(reason, 96))))
        .containsOnly(entry(reason, Trust.Tier.CONTRAINDICATED));
  }

  private static Appraisal.Rule weakness(String reason, int value) {
    return new Appraisal.Rule(reason, "", TrustClaim.CONFIGURATION, value, "expected", "actual");
  }
}
