// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Nothing but {@link MalformedPolicyException} comes out of a parser. */
class PolicyFuzzTest {
  @FuzzTest
  void document_anyBytes_isParsedOrMalformed(byte[] bytes) {
    try {
      Decision decision = Policy.compile(PolicyDocument.parse(bytes)).decide(Samples.INPUTS);
      assertThat(decision.toJson()).startsWith('{');
    } catch (MalformedPolicyException e) {
      assertThat(e.path()).startsWith("$");
    }
  }

  @FuzzTest
  void authored_anyBytes_areParsedOrMalformed(byte[] bytes) {
    PolicyLint.Report report = PolicyLint.of(bytes, Samples.NOW);
    try {
      PolicyDocument document = PolicyDocument.parseAuthored(bytes);
      assertThat(PolicyDocument.parse(document.canonical()).digest()).isEqualTo(document.digest());
    } catch (MalformedPolicyException e) {
      assertThat(e.path()).startsWith("$");
      assertThat(report.faults()).isNotEmpty();
    }
  }

  @FuzzTest
  void inputs_anyBytes_areParsedOrMalformed(byte[] bytes) {
    try {
      Inputs inputs = Inputs.parse(bytes);
      assertThat(Inputs.parse(inputs.toJson())).isEqualTo(inputs);
    } catch (MalformedPolicyException e) {
      assertThat(e.path()).startsWith("$");
    }
  }
}
