// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.policy.Decision;
import dev.writ.policy.Policy;
import org.junit.jupiter.api.Test;

/** What is measured decides as the peers' rules are said to. */
class DecideRulesTest {
  @Test
  void policy_ofNRules_allowsHalfOfTheRequests() throws Exception {
    DecideRules rules = new DecideRules(10);
    Policy policy = rules.writ();
    assertThat(policy.document().rules()).hasSize(10);
    assertThat(rules.requests())
        .hasSize(256)
        .allSatisfy(
            asked ->
                assertThat(policy.decide(DecideRules.inputs(asked)) instanceof Decision.Allow)
                    .isEqualTo(asked.isAllowed()));
    assertThat(rules.requests().stream().filter(DecideRules.Asked::isAllowed)).hasSize(128);
  }
}
