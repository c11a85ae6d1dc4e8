// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who approves a request by a policy's word, and what a decision would be with approvals. */
class ApprovalsTest {
  private static final Optional<String> ALICE = Optional.of("oidc:corp:alice");

  private static String member(String principals) {
    return "{\"threshold\": 1, \"approvers\": [\"a\", \"b\"], \"separation\": true"
        + principals
        + "}";
  }

  private static Approvals read(String principals) throws Exception {
    return Samples.requiring("true")
        .with("approvals", member(principals))
        .document()
        .approvals()
        .orElseThrow();
  }

  @Test
  void admits_withoutSeparation_whomItLists() {
    Approvals approvals = new Approvals(1, Set.of("a"), false);
    assertThat(approvals.admits("a", Optional.empty())).isTrue();
    assertThat(approvals.admits("a", Optional.of("a"))).isTrue();
    assertThat(approvals.admits("b", ALICE)).isFalse();
  }

  /** Who does not say who he is, or is not said to be somebody, may be the one who asks. */
  @Test
  void admits_withSeparation_thoseAloneWhoAreKnownToBeOthers() throws Exception {
    Approvals approvals = read(", \"principals\": {\"a\": [\"oidc:corp:alice\", \"tls:alice\"]}");
    assertThat(approvals.principals())
        .isEqualTo(Map.of("a", Set.of("oidc:corp:alice", "tls:alice")));
    assertThat(approvals.admits("a", Optional.of("tls:bob"))).isTrue();
    assertThat(approvals.admits("a", Optional.of("oidc:corp:bob"))).isTrue();
    assertThat(approvals.admits("a", ALICE)).isFalse();
    assertThat(approvals.admits("a", Optional.of("tls:alice"))).isFalse();
    assertThat(approvals.admits("a", Optional.of("a"))).isFalse();
    assertThat(approvals.admits("a", Optional.empty())).isFalse();
    assertThat(approvals.admits("b", Optional.of("oidc:corp:bob"))).as("unknown").isFalse();
  }

  /** Whoever configures another provider gives nobody a name by which his own word counts. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls:spiffe://corp.example/alice",
        "oidc:other:alice",
        "oidc:corp2:alice",
        "oidc:corp",
        "oidc::alice",
        "OIDC:corp:bob",
        "host:host-a",
        "bob"
      })
  void admits_withSeparation_nobodyWhoHasNoNameWhereTheInitiatorHasIts(String initiator)
      throws Exception {
    Approvals approvals =
        read(", \"principals\": {\"a\": [\"oidc:corp:alice\", \"bob2\", \"host:alice\"]}");
    assertThat(approvals.admits("a", Optional.of("oidc:corp:bob"))).isTrue();
    assertThat(approvals.admits("a", Optional.of(initiator))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"c\": [\"x\"]} | $.approvals.principals.c",
        "{\"a\": []} | $.approvals.principals.a",
        "{\"a\": \"x\"} | $.approvals.principals.a",
        "{\"a\": [\"x y\"]} | $.approvals.principals.a[0]",
        "{\"a\": [\"x\"], \"b\": [\"x\"]} | $.approvals.principals.b",
        "[] | $.approvals.principals",
      })
  void document_principalsOfAnotherForm_isRefusedWithItsPath(String principals, String path) {
    assertThatThrownBy(() -> read(", \"principals\": " + principals))
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageContaining(path);
  }

  private static Governance.Approval approval(String approver) {
    return new Governance.Approval(approver, "operator", Samples.NOW.plus(Duration.ofHours(1)));
  }

  private static List<Governance.Approval> approvals(int number) {
    return IntStream.range(0, number).mapToObj(i -> approval("approver " + i)).toList();
  }

  /** The same rules come to what a decision upon these inputs comes to, and no decision is made. */
  @Test
  void wouldAllow_ofApprovals_isWhatADecisionUponThemIs() throws Exception {
    Policy policy =
        Samples.requiring("size(governance.approvals) >= 2")
            .require("begun", "governance.epoch >= 1")
            .policy();
    for (int given = 0; given < 4; given++) {
      Governance with = new Governance(ALICE, approvals(given), Samples.GOVERNANCE.mode(), 1);
      Decision decision =
          policy.decide(
              Samples.SUBJECT, Samples.REQUEST, with, Samples.TRUST, Samples.ENV, Samples.NOW);
      assertThat(policy.wouldAllow(Samples.INPUTS, approvals(given)))
          .as("with " + given)
          .isEqualTo(decision instanceof Decision.Allow)
          .isEqualTo(given >= 2);
    }
    assertThat(Samples.INPUTS.governance().approvals()).isEmpty();
  }

  @Test
  void wouldAllow_whereSomethingElseDenies_orNothingPermits_isFalse() throws Exception {
    assertThat(
            Samples.requiring("request.tenant == \"another\"")
                .policy()
                .wouldAllow(Samples.INPUTS, approvals(2)))
        .isFalse();
    assertThat(
            new Samples.Draft()
                .require("approved", "size(governance.approvals) >= 2")
                .policy()
                .wouldAllow(Samples.INPUTS, approvals(2)))
        .isFalse();
    Instant past = Instant.parse("2030-01-01T00:00:00Z");
    Inputs late =
        new Inputs(
            Samples.SUBJECT, Samples.REQUEST, Samples.GOVERNANCE, Samples.TRUST, Samples.ENV, past);
    assertThat(Samples.requiring("true").policy().wouldAllow(late, approvals(2)))
        .as("the policy has expired")
        .isFalse();
  }

  @Test
  void wouldAllow_ofMoreApprovalsThanInputsHold_isFalse() throws Exception {
    assertThat(
            Samples.requiring("true")
                .policy()
                .wouldAllow(Samples.INPUTS, approvals(1_000_000 / 100)))
        .isFalse();
  }
}
