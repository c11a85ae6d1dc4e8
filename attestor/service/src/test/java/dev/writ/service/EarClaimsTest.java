// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.Ear;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.TrustClaim;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an appraisal says fits into an EAR. */
final class EarClaimsTest {
  /**
   * Two rooms say which characters steer a display: where they did not agree, a log with one would be
   * an appraisal that no result can hold.
   */
  @Test
  void everyCharacterThatARuleMayHave_aResultMayHave() {
    long units = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      String text = "a" + Character.toString(c) + "b";
      Appraisal.Rule rule = new Appraisal.Rule("rule", text, TrustClaim.EXECUTABLES, 2, text, text);
      AppraisedRule appraised =
          new AppraisedRule(
              rule.reason(),
              Optional.of(rule.subject()),
              Ear.Claim.EXECUTABLES,
              rule.value(),
              rule.expected(),
              rule.actual());
      units += appraised.actual().length();
    }
    assertThat(units).isGreaterThan(Character.MAX_CODE_POINT);
  }
}
