// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.OperationRecord;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Nothing is done that fewer than enough operators, or its proposer, approved. */
class DualControlTest extends DualControlled {
  private static final ChangeRequest ROTATE = new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD);

  private OperationRecord kept(Proposal proposal) throws Exception {
    return deployment.service().ledger().operation(proposal.operation().digest()).orElseThrow();
  }

  private void assertNothingDone() throws Exception {
    assertThat(deployment.service().trustFiles().newest().content().version()).isEqualTo(1);
    assertThat(
            deployment.service().ledger().keys().stream()
                .noneMatch(key -> key.state() == KeyState.PREPUBLISHED))
        .isTrue();
  }

  @Test
  void proposal_withoutItsProposersSignature_isNone() throws Exception {
    Proposal draft = ((DualControl.Outcome.Drafted) asked(ROTATE)).proposal();

    assertDenied(approve(1, draft), DenialCode.ARTIFACT_MISSING, "operation_unknown");
    assertThat(deployment.service().ledger().openOperations()).isEmpty();
  }

  @Test
  void proposal_signedByAnotherThanItsProposer_isNone() throws Exception {
    Proposal draft = ((DualControl.Outcome.Drafted) asked(ROTATE)).proposal();
    OperatorKeys strangers = new OperatorKeys(2, 3);

    assertDenied(
        Deployment.join(control().approve(strangers.approval(0, draft))),
        DenialCode.ARTIFACT_MISSING,
        "operation_unknown");
    assertThat(deployment.service().ledger().openOperations()).isEmpty();
  }

  @Test
  void proposer_whoIsNoOperator_isRefused() {
    assertDenied(
        Deployment.join(
            control().propose(ROTATE, VALIDITY, Optional.of(new OperatorKeys(1, 1).kid(0)))),
        DenialCode.POLICY_DENIED,
        "proposer_unknown");
  }

  @Test
  void approval_ofTheProposer_doesNotCount() throws Exception {
    Proposal proposal = proposed(ROTATE);

    assertDenied(approve(0, proposal), DenialCode.POLICY_DENIED, "approver_is_proposer");
    assertThat(kept(proposal).approvals()).isEmpty();
  }

  @Test
  void approval_ofOneOperatorTwice_countsOnce() throws Exception {
    Proposal proposal = proposed(ROTATE);
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);

    assertDenied(approve(1, proposal), DenialCode.REPLAYED, "already_approved");
    assertThat(kept(proposal).approvals()).hasSize(1);
    assertNothingDone();
  }

  @Test
  void approval_pastTheOperationsEnd_isRefused_andTheOperationEnds() throws Exception {
    Proposal proposal = proposed(ROTATE);
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    deployment.clock.advance(VALIDITY);

    assertDenied(approve(2, proposal), DenialCode.EXPIRED, "approval_expired");
    deployment.service().chores().run();
    assertThat(kept(proposal).end()).contains(OperationEnd.EXPIRED);
    assertNothingDone();
  }

  @Test
  void approval_ofOtherBytes_isRefused() throws Exception {
    Proposal proposal = proposed(ROTATE);
    Operation operation = proposal.operation();
    Operation other =
        new Operation(
            operation.issuer(),
            operation.trustVersion(),
            operation.nonce(),
            operation.proposed(),
            operation.expires().plusSeconds(1),
            operation.proposer(),
            operation.change());

    assertDenied(
        approve(1, new Proposal(other, proposal.trust())),
        DenialCode.ARTIFACT_MISSING,
        "operation_unknown");
    byte[] forged =
        new dev.writ.artifact.OperationApproval(
                operation.digest(),
                operators.sign(1, other.signingInput()),
                proposal.trust().map(file -> operators.sign(1, file.content().signingInput())))
            .toJson();
    assertDenied(
        Deployment.join(control().approve(forged)),
        DenialCode.SIGNATURE_INVALID,
        "approval_signature");
    assertNothingDone();
  }

  @Test
  void approval_withoutItsSignatureOverTheTrustFile_isRefused() throws Exception {
    Proposal proposal = proposed(ROTATE);

    assertDenied(
        approve(1, new Proposal(proposal.operation(), Optional.empty())),
        DenialCode.SIGNATURE_INVALID,
        "approval_signature");
    assertNothingDone();
  }

  @Test
  void approval_ofAnEndedOperation_isRefused() throws Exception {
    Proposal done = rotated();

    assertDenied(approve(2, done), DenialCode.REPLAYED, "operation_ended");
  }

  @Test
  void rotation_startedTwice_isRefused() throws Exception {
    Proposal first = proposed(ROTATE);
    DualControl.Outcome second = asked(ROTATE);

    DualControl.Outcome refused = approve(0, ((DualControl.Outcome.Drafted) second).proposal());
    assertDenied(refused, DenialCode.REPLAYED, "operation_subject_busy");
    assertThat(((DualControl.Outcome.Denied) refused).denial().message())
        .contains(
            "approve it, have its proposer withdraw it or let it end", "writ keys operations");
    assertThat(approve(1, first)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertThat(approve(2, first)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertDenied(asked(ROTATE), DenialCode.REPLAYED, "rotation_under_way");
  }

  /** What nobody approved leaves its key in the token, which the next proposal takes. */
  @Test
  void rotation_afterOneThatNobodyApproved_usesItsKey() throws Exception {
    Proposal left = proposed(ROTATE);
    passes(VALIDITY);

    Proposal next = proposed(ROTATE);

    assertThat(((Operation.RotateKey) next.operation().change()).to())
        .isEqualTo(((Operation.RotateKey) left.operation().change()).to());
  }

  @Test
  void clock_thatWasSetBack_refusesProposalsAndApprovals() throws Exception {
    Proposal proposal = proposed(ROTATE);
    deployment.clock.advance(Duration.ofMinutes(-30));

    assertDenied(asked(ROTATE), DenialCode.UNVERIFIABLE, "clock_set_back");
    assertDenied(approve(1, proposal), DenialCode.UNVERIFIABLE, "clock_set_back");
    deployment.clock.advance(Duration.ofMinutes(30));
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
  }

  /** A leaf two days ahead, and the clock right again. */
  private void onceAhead() {
    deployment.clock.advance(Duration.ofDays(2));
    assertThat(
            Deployment.join(
                deployment.service().invitations().invite("host-b", Duration.ofHours(1))))
        .isInstanceOf(InvitationOutcome.Invited.class);
    deployment.clock.advance(Duration.ofDays(-2));
  }

  @Test
  void clock_thatWasOnceAhead_isAcceptedByEnoughOperators_andThenNotSetBackEither()
      throws Exception {
    assertDenied(
        asked(new ChangeRequest.AcceptClock()), DenialCode.POLICY_DENIED, "clock_not_behind");
    onceAhead();
    DualControl.Outcome locked = asked(ROTATE);
    assertDenied(locked, DenialCode.UNVERIFIABLE, "clock_set_back");
    assertThat(((DualControl.Outcome.Denied) locked).denial().message())
        .contains("set it right", "writ keys accept-clock", "or wait");

    Proposal proposal = proposed(new ChangeRequest.AcceptClock());
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertDenied(asked(ROTATE), DenialCode.UNVERIFIABLE, "clock_set_back");
    assertThat(approve(2, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).isEqualTo("executed"));

    assertThat(asked(ROTATE)).isInstanceOf(DualControl.Outcome.Drafted.class);
    deployment.clock.advance(Duration.ofMinutes(-30));
    assertDenied(asked(ROTATE), DenialCode.UNVERIFIABLE, "clock_set_back");
  }

  /** Operators spoke of one leaf: of a later one they were not asked. */
  @Test
  void clock_thatIsAheadAgainBeforeEnoughApproved_isNotAccepted() throws Exception {
    onceAhead();
    Proposal proposal = proposed(new ChangeRequest.AcceptClock());
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    deployment.clock.advance(Duration.ofMinutes(1));
    onceAhead();

    assertThat(approve(2, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).isEqualTo("failed"));
    assertDenied(asked(ROTATE), DenialCode.UNVERIFIABLE, "clock_set_back");
  }

  @Test
  void acceptanceOfAClock_forLongerThanADay_isMalformed() {
    onceAhead();

    assertDenied(
        Deployment.join(
            control()
                .propose(
                    new ChangeRequest.AcceptClock(),
                    Duration.ofHours(25),
                    Optional.of(operators.kid(0)))),
        DenialCode.UNVERIFIABLE,
        "validity_out_of_bounds");
  }

  @Test
  void ed25519Key_ofTheCheckpoint_isNotCompromisedSo() throws Exception {
    Hash second =
        JwkThumbprint.ofEd25519(
            deployment.setup().keys().checkpointEd25519().orElseThrow().point());

    assertThat(state(second)).isEqualTo(KeyState.ACTIVE);
    assertDenied(
        asked(new ChangeRequest.Compromise(second, new ChangeRequest.Since.Ever())),
        DenialCode.POLICY_DENIED,
        "role_without_rotation");
  }

  @Test
  void trustFile_thatOperatorsSigned_isPublishedAndInForce() throws Exception {
    TrustFile now = deployment.trust();
    TrustContent content = now.content();
    TrustFile wished =
        TrustFile.of(
            new TrustContent(
                content.issuer(),
                content.version(),
                content.previous(),
                content.assurance(),
                content.keys(),
                content.logPolicy(),
                content.status(),
                content.skew(),
                content.tls(),
                content.policyApprovers(),
                List.of(),
                new OperatorKeys(1, 1).quorum()),
            List.of());

    Proposal proposal = approved(new ChangeRequest.Publish(wished));

    assertThat(kept(proposal).end()).contains(OperationEnd.EXECUTED);
    assertThat(deployment.service().trust().content().version()).isEqualTo(2);
    assertThat(deployment.service().trust().content().gateways()).isEmpty();
    assertThat(deployment.service().trustFiles().inForce()).isEqualTo(2);
    assertDenied(asked(ROTATE), DenialCode.POLICY_DENIED, "proposer_unknown");
  }

  /** The service goes by these as it found them at its start. */
  @Test
  void trustFile_thatChangesStatusSkewOrTheServicesTlsKey_isNotPublishedSo() {
    TrustContent own = deployment.trust().content();
    for (TrustContent other :
        List.of(
            with(
                own,
                FirstTrustFile.statusAt("https://elsewhere.example/status"),
                own.skew(),
                own.tls()),
            with(own, own.status().orElseThrow(), own.skew().plusSeconds(1), own.tls()),
            with(own, own.status().orElseThrow(), own.skew(), List.of()))) {
      assertDenied(
          asked(new ChangeRequest.Publish(TrustFile.of(other, List.of()))),
          DenialCode.POLICY_DENIED,
          "trust_file_of_others");
    }
  }

  private static TrustContent with(
      TrustContent content, TrustContent.StatusSource status, Duration skew, List<Hash> tls) {
    return new TrustContent(
        content.issuer(),
        content.version(),
        content.previous(),
        content.assurance(),
        content.keys(),
        content.logPolicy(),
        Optional.of(status),
        skew,
        tls,
        content.policyApprovers(),
        content.gateways(),
        content.operators());
  }

  @Test
  void trustFile_thatChangesKeys_isNotPublishedSo() throws Exception {
    TrustContent content = deployment.trust().content();
    TrustedKey issuer = content.keysOf(KeyRole.ISSUER).get(0);
    TrustFile wished =
        TrustFile.of(
            NextTrust.after(deployment.trust())
                .compromised(
                    new NextTrust.Known(
                        KeyRole.ISSUER, issuer.key(), new KeyWindow(issuer.nbf(), issuer.exp())),
                    OptionalLong.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS)),
            List.of());

    assertThat(content.keys()).isNotEqualTo(wished.content().keys());
    assertDenied(
        asked(new ChangeRequest.Publish(wished)), DenialCode.POLICY_DENIED, "trust_file_of_others");
  }

  /** In dev whoever holds the operators' door may ask the service itself to propose. */
  @Test
  void proposal_ofTheServiceItself_takesTheSameApprovals() throws Exception {
    DualControl.Outcome outcome =
        Deployment.join(control().propose(ROTATE, VALIDITY, Optional.empty()));
    Proposal proposal = ((DualControl.Outcome.Open) outcome).proposal();

    assertThat(approve(0, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).isEqualTo("open"));
    assertThat(approve(1, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).isEqualTo("executed"));
  }

  @Test
  void key_thatNobodyKnows_isNeitherCompromisedNorDestroyed() {
    Hash unknown = Hash.sha256(new byte[] {7});

    assertDenied(
        asked(new ChangeRequest.Compromise(unknown, new ChangeRequest.Since.Ever())),
        DenialCode.ARTIFACT_MISSING,
        "key_unknown");
    assertDenied(
        asked(new ChangeRequest.Destroy(unknown)), DenialCode.ARTIFACT_MISSING, "key_unknown");
  }
}
