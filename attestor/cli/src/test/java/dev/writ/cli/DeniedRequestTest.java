// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an approver is shown, and whose word would count for it. */
class DeniedRequestTest {
  private static final String POLICY =
      """
      {"type": "writ-policy-v1", "profile": "writ-cel-1",
       "id": "separated", "version": 1, "author": "alice",
       "effective_from": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z",
       "targets": ["*"], "lifetime_s": 300, "reference_values": [],
       "approvals": {"threshold": 1, "approvers": ["alice", "bob"], "separation": true,
        "principals": {"alice": ["oidc:corp:alice"]}},
       "rules": [
        {"id": "approved", "stage": "authorization", "effect": "permit",
         "when": "size(governance.approvals) >= 1",
         "reason_user": "Ask.", "reason_admin": "Approve it.", "mode": "enforce"}]}
      """;

  private static DeniedRequest denied(Optional<String> initiator) throws Exception {
    ExecutionRequest request = Demo.request("a");
    Instant time = Instant.parse("2026-11-01T12:00:00Z");
    PolicyDocument policy = PolicyDocument.parse(POLICY.getBytes(StandardCharsets.UTF_8));
    LeafBody.DecisionDeny denial =
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED,
            "approved",
            Optional.of(request.digest()),
            Optional.of(Hash.sha256(new byte[] {1})),
            Hash.sha256(new byte[] {2}),
            1);
    return new DeniedRequest(
        UuidV7.parse("01a1fd02-e0d5-7ce6-ad7a-8fc0be151149"),
        time,
        denial,
        "Ask.",
        "000b" + "01".repeat(32),
        "host-a",
        request,
        initiator,
        Optional.empty(),
        policy);
  }

  @Test
  void words_nameTheInitiator_orSayThatNobodyWasProven() throws Exception {
    Instant until = Instant.parse("2026-11-01T13:00:00Z");
    assertThat(denied(Optional.of("oidc:corp:dave")).words(until))
        .containsPattern("initiator +oidc:corp:dave\n");
    assertThat(denied(Optional.empty()).words(until)).containsPattern("initiator +none was proven");
  }

  @Test
  void approver_whoIsKnownToBeAnother_isTaken() throws Exception {
    DeniedRequest daves = denied(Optional.of("oidc:corp:dave"));
    assertThatCode(() -> daves.requireCounted("alice")).doesNotThrowAnyException();
    assertThatThrownBy(() -> daves.requireCounted("bob"))
        .hasMessageContaining("bob must be known to be another")
        .hasMessageContaining("oidc:corp:dave");
    assertThatThrownBy(() -> daves.requireCounted("carol"))
        .hasMessageContaining("must list the approver carol");
  }

  @ParameterizedTest
  @ValueSource(strings = {"oidc:corp:alice", "tls:CN=somebody", ""})
  void approver_whoMayBeTheInitiator_signsNothing(String initiator) throws Exception {
    DeniedRequest request = denied(Optional.of(initiator).filter(name -> !name.isEmpty()));
    assertThatThrownBy(() -> request.requireCounted("alice"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(
            "alice must be known to be another than who set the request in motion");
  }
}
