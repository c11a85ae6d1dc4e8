// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationReview;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A service whose trust file has three operators, two of whom must approve, and what they do. Operator 0
 * proposes.
 */
abstract class DualControlled {
  static final Duration VALIDITY = Duration.ofHours(1);
  static final Duration LEAD = Duration.ofMinutes(10);
  static final Duration UNTIL_ACTIVE = VALIDITY.plus(LEAD);

  private static ServiceToken token;

  @TempDir Path folder;
  Deployment deployment;
  OperatorKeys operators;
  SoftwareHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void startService() throws Exception {
    // Of the keys that tests before left the oldest is the first of this ledger.
    token.logOut();
    token.logIn();
    deployment = new Deployment(token, folder);
    operators = deployment.operators;
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stopService() {
    deployment.close();
  }

  static ServiceToken token() {
    return token;
  }

  DualControl control() {
    return deployment.service().dualControl();
  }

  DualControl.Outcome asked(ChangeRequest request) {
    return Deployment.join(control().propose(request, VALIDITY, Optional.of(operators.kid(0))));
  }

  /** The proposal, signed by its proposer. */
  Proposal proposed(ChangeRequest request) {
    DualControl.Outcome drafted = asked(request);
    assertThat(drafted).isInstanceOf(DualControl.Outcome.Drafted.class);
    Proposal proposal = ((DualControl.Outcome.Drafted) drafted).proposal();
    assertThat(approve(0, proposal)).isInstanceOf(DualControl.Outcome.Open.class);
    return proposal;
  }

  DualControl.Outcome approve(int operator, Proposal proposal) {
    return Deployment.join(control().approve(operators.approval(operator, proposal)));
  }

  /** The proposal, which an operator may sign by all that he can check, with all approvals that it takes. */
  @CanIgnoreReturnValue
  Proposal approved(ChangeRequest request) throws Exception {
    TrustFile before = followed();
    Proposal proposal = proposed(request);
    assertThat(
            OperationReview.of(
                proposal.operation(),
                proposal.trust().map(TrustFile::content),
                before,
                deployment.clock.instant()))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertThat(approve(2, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    return proposal;
  }

  @CanIgnoreReturnValue
  Proposal rotated() throws Exception {
    return approved(new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD));
  }

  /** Lets time pass, and the service see to what is due. */
  void passes(Duration time) {
    deployment.clock.advance(time);
    deployment.service().chores().run();
  }

  KeyState state(Hash kid) throws Exception {
    return deployment.service().ledger().key(kid).map(SigningKey::state).orElseThrow();
  }

  /** The role's key that signs, by the ledger. */
  Hash active(KeyRole role) throws Exception {
    return deployment.service().ledger().keys().stream()
        .filter(key -> key.role() == role && key.state() == KeyState.ACTIVE)
        .map(SigningKey::kid)
        .findFirst()
        .orElseThrow();
  }

  TrustFile followed() throws Exception {
    TrustSuccession.Followed followed =
        TrustSuccession.follow(deployment.trust(), version -> published(version));
    assertThat(followed.refused()).isEmpty();
    return followed.newest();
  }

  Optional<byte[]> published(long version) {
    try {
      return deployment.service().trustFiles().version(version);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  Verdict verdict(TrustFile believed, ProofBundle bundle) {
    return BundleVerifier.of(believed)
        .verify(
            bundle.toJson(),
            Presentation.NOTHING.withTenant(Deployment.IDENTITY.tenant()),
            new SeenInMemory(),
            deployment.clock.instant());
  }

  static void assertDenied(Verdict verdict, DenialCode code) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Denied.class, denied -> assertThat(denied.code()).isEqualTo(code));
  }

  ProofBundle issued() {
    return Deployment.bundle(deployment.attest(host));
  }

  Operation.RotateKey change(Proposal proposal) {
    return (Operation.RotateKey) proposal.operation().change();
  }

  static void assertDenied(DualControl.Outcome outcome, DenialCode code, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            DualControl.Outcome.Denied.class,
            denied -> {
              assertThat(denied.denial().reason()).isEqualTo(reason);
              assertThat(denied.denial().code()).isEqualTo(code);
            });
  }
}
