// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Approvals that are of one initiator's request: they count for nobody else, and never for one's own. */
abstract class InitiatorApprovalsTest {
  private final InitiatedService initiated;
  private int nonces;

  InitiatorApprovalsTest(InitiatedService initiated) {
    this.initiated = initiated;
  }

  private IssuanceOutcome ask(ExecutionRequest request, String subject) throws Exception {
    return initiated.deployment.issue(
        initiated.bringing(
            initiated.token(subject),
            initiated.host.answer(initiated.deployment.challenge(initiated.host), request)));
  }

  /** What would have it allowed. */
  private StepUp next(IssuanceOutcome outcome) {
    return Deployment.denial(DenialCode.POLICY_DENIED, outcome).next().orElseThrow();
  }

  private void approve(ExecutionRequest request, int operator, Optional<String> initiator) {
    Hash nonce = Hash.sha256(new byte[] {(byte) nonces++});
    Instant now = initiated.deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            Deployment.IDENTITY.issuer(),
            request.digest(),
            initiated.deployment.service().policies().inForce().digest(),
            initiator.map(name -> RequestApproval.Terms.committed(request, nonce, name)),
            nonce,
            now,
            now.plusSeconds(600),
            initiated.deployment.operators.kid(operator));
    byte[] signature =
        initiated.deployment.operators.sign(operator, terms.signingInput()).signature();
    assertThat(
            Deployment.join(
                initiated
                    .deployment
                    .service()
                    .requestApprovals()
                    .take(new RequestApproval(terms, signature).toJson(), Optional.empty())))
        .isInstanceOf(RequestApprovals.Outcome.Recorded.class);
  }

  /** The first operator is alice by the policy: what she approves of her own does not count. */
  @Test
  void approval_ofWhoSetItInMotion_doesNotCount_andAnothersDoes() throws Exception {
    ExecutionRequest request = Deployment.request(initiated.host, 2);
    Optional<String> alice = Optional.of("oidc:corp:alice");
    assertThat(next(ask(request, "alice")).approvers()).containsExactly(initiated.name(1));
    approve(request, 0, alice);
    assertThat(next(ask(request, "alice")).given()).isZero();
    approve(request, 1, alice);

    assertThat(ask(request, "alice")).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(ReplayedStore.notSame(initiated.store.replay(initiated.deployment.leaves() - 1)))
        .isEmpty();
  }

  /** Another on the same initiated.host asks for the same to the last byte, in another's name or in nobody's. */
  @Test
  void approval_ofOnesRequest_countsForNobodyElseWhoAsksForTheSame() throws Exception {
    ExecutionRequest request = Deployment.request(initiated.host, 3);
    assertThat(next(ask(request, "dave")).initiator()).contains("oidc:corp:dave");
    approve(request, 0, Optional.of("oidc:corp:dave"));
    approve(request, 1, Optional.empty());

    StepUp eve = next(ask(request, "eve"));
    assertThat(eve.given()).isZero();
    assertThat(eve.initiator()).contains("oidc:corp:eve");
    Application nobody =
        initiated.host.answer(initiated.deployment.challenge(initiated.host), request);
    assertThat(initiated.deployment.issue(nobody)).isInstanceOf(IssuanceOutcome.Denied.class);
    IssuanceOutcome issued = ask(request, "dave");
    assertThat(Deployment.claims(issued).gov().approvals()).as("the one for dave").hasSize(1);
    assertThat(next(ask(request, "dave")).given()).as("once").isZero();
  }

  /** Arguments and people's names are not for whoever runs machines, whatever he asks for. */
  @Test
  void explanation_forAnOperator_tellsWhichInputsRulesRead_andNotWhatStoodInThem()
      throws Exception {
    ExecutionRequest request = Deployment.request(initiated.host, 5);
    assertThat(next(ask(request, "dave")).initiator()).contains("oidc:corp:dave");
    long denial = initiated.deployment.leaves() - 1;
    Explanations.Outcome outcome =
        initiated.deployment.service().explanations().explain(new LeafName.Index(denial));
    byte[] whole = ((Explanations.Outcome.Explained) outcome).explanation().toJson();
    ExplanationTest.requireDescribed("Explanation", whole);
    assertThat(StrictJson.parse(whole, 1 << 20).object("next").text("initiator"))
        .isEqualTo("oidc:corp:dave");
    assertThat(new String(whole, StandardCharsets.UTF_8))
        .contains("{\"input\":\"request.max_uses\",\"value\":\"5\"}", "\"inputs_shown\":true");

    HttpWire.Response told;
    try (HttpWire wire = HttpWire.unix(initiated.socket)) {
      told = wire.get("/v1/decisions/" + denial + "/explanation");
    }
    assertThat(told.status()).as(told.text()).isEqualTo(200);
    ExplanationTest.requireDescribed("Explanation", told.body());
    assertThat(told.text())
        .contains("{\"input\":\"request.max_uses\"}", "\"inputs_shown\":false", "\"next\":{")
        .doesNotContain("dave", "\"value\":\"5\"");
  }

  @Test
  void replay_ofAnInitiatorWhomItsApprovalIsNotFor_contradicts() throws Exception {
    ExecutionRequest request = Deployment.request(initiated.host, 4);
    approve(request, 1, Optional.of("oidc:corp:dave"));
    assertThat(ask(request, "dave")).isInstanceOf(IssuanceOutcome.Issued.class);
    long allow = initiated.deployment.leaves() - 1;
    assertThat(ReplayedStore.notSame(initiated.store.replay(allow))).isEmpty();
    Replayed changed =
        initiated.store.with(
            "payload WHERE leaf_index = " + allow,
            "bytes",
            ReplayedStore.replacing(
                "\"initiator\":\"oidc:corp:dave\"", "\"initiator\":\"oidc:corp:evee\""),
            allow);
    assertThat(ReplayedStore.notSame(changed))
        .anyMatch(
            line ->
                line.startsWith("approvals contradicts")
                    && line.contains("of another request or initiator"));
  }
}
