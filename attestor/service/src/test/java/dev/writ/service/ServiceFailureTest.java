// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.evidence.Octets;
import dev.writ.ledger.HostState;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What fails under a decision, or changes under it, never ends in an artifact (case 87, 88). */
final class ServiceFailureTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;
  private SoftwareHost newcomer;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    newcomer = deployment.host("host-new");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Application application() {
    return host.answer(deployment.challenge(host), Deployment.request(host));
  }

  private void assertNoAllow() throws Exception {
    // Beyond the last checkpoint too: what is committed counts, signed or not.
    for (long i = 0; deployment.service().ledger().leaf(i).isPresent(); i++) {
      assertThat(deployment.service().ledger().leaf(i).orElseThrow().kind())
          .isNotEqualTo(LeafKind.DECISION_ALLOW);
    }
  }

  @Test
  void case87_tokenGone_isUnverifiableWithoutALeafOfAnAllow() throws Exception {
    Application application = application();
    EnrolmentOutcome.Activation activation =
        (EnrolmentOutcome.Activation) deployment.begin(newcomer);
    Octets secret = newcomer.activate(activation.credential());
    long leaf = deployment.leaves();
    token.logOut();
    try {
      IssuanceOutcome outcome = deployment.issue(application);

      Deployment.denial(DenialCode.UNVERIFIABLE, outcome);
      assertThat(
              ((EnrolmentOutcome.Denied) deployment.complete(activation.session(), secret))
                  .denial()
                  .code())
          .isEqualTo(DenialCode.UNVERIFIABLE);
      assertNoAllow();
    } finally {
      token.logIn();
    }
    deployment.restart();
    assertNoAllow();
    LeafBody.DecisionDeny denial =
        (LeafBody.DecisionDeny) deployment.service().ledger().leaf(leaf).orElseThrow().body();
    assertThat(denial.code())
        .as("signed once the token is back")
        .isEqualTo(DenialCode.UNVERIFIABLE);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(application));
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void case87_ledgerClosed_isUnverifiableInEveryStep() throws Exception {
    Application application = application();
    EnrolmentOutcome.Activation activation =
        (EnrolmentOutcome.Activation) deployment.begin(newcomer);
    Octets secret = newcomer.activate(activation.credential());
    deployment.service().close();

    Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application));
    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOfSatisfying(
            ChallengeOutcome.Denied.class,
            denied -> assertThat(denied.denial().code()).isEqualTo(DenialCode.UNVERIFIABLE));
    assertThat(
            ((EnrolmentOutcome.Denied) deployment.complete(activation.session(), secret))
                .denial()
                .code())
        .isEqualTo(DenialCode.UNVERIFIABLE);
  }

  @Test
  void case87_ledgerClosedAfterTheDecision_isUnverifiable() throws Exception {
    Application application = application();
    deployment.random.beforeNextBytes(() -> deployment.service().ledger().close());

    Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application));
    deployment.start();
    assertNoAllow();
  }

  @Test
  void case88_defect_isUnverifiableInEveryStep() throws Exception {
    Application application = application();
    Runnable defect =
        () -> {
          throw new IllegalStateException("bug: armed by the test");
        };

    deployment.random.beforeNextBytes(defect);
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).reason())
        .isEqualTo("service_defect");
    deployment.random.beforeNextBytes(defect);
    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOfSatisfying(
            ChallengeOutcome.Denied.class,
            denied -> assertThat(denied.denial().code()).isEqualTo(DenialCode.UNVERIFIABLE));
    deployment.random.beforeNextBytes(defect);
    assertThat(((EnrolmentOutcome.Denied) deployment.begin(newcomer)).denial().code())
        .isEqualTo(DenialCode.UNVERIFIABLE);
    EnrolmentOutcome.Activation activation =
        (EnrolmentOutcome.Activation) deployment.begin(newcomer);
    Octets secret = newcomer.activate(activation.credential());
    deployment.random.beforeNextBytes(defect);
    assertThat(
            ((EnrolmentOutcome.Denied) deployment.complete(activation.session(), secret))
                .denial()
                .code())
        .isEqualTo(DenialCode.UNVERIFIABLE);
    assertNoAllow();
    assertThat(deployment.complete(activation.session(), secret))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @Test
  void hostSuspendedAfterTheDecision_isDecidedOnceMoreAndDenied() throws Exception {
    Application application = application();
    deployment.random.beforeNextBytes(() -> deployment.set(host, HostState.SUSPENDED));

    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(application))
                .reason())
        .isEqualTo("host_suspended");
    assertThat(deployment.lastLeaf().kind()).isEqualTo(LeafKind.DECISION_DENY);
    assertNoAllow();
  }

  @Test
  void epochRaisedAfterTheDecision_isUnverifiableAndLeavesTheNonce() throws Exception {
    Application application = application();
    long before = deployment.leaves();
    deployment.random.beforeNextBytes(() -> deployment.raiseEpoch(2));

    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).reason())
        .isEqualTo("policy_missing");
    assertThat(deployment.leaves()).as("the epoch's leaf alone").isEqualTo(before + 1);
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).reason())
        .as("nothing is decided by the policy before it")
        .isEqualTo("policy_missing");
  }

  @Test
  void denialUnderAPolicyNoLongerInForce_isNoLeaf() throws Exception {
    deployment.raiseEpoch(2);
    long before = deployment.leaves();
    Application foreign =
        host.answer(
            deployment.challenge(host),
            Deployment.request(Deployment.workloadOf("host-b"), host.jkt()));

    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(foreign)).reason())
        .isEqualTo("policy_missing");
    assertThat(deployment.leaves()).isEqualTo(before);
  }

  @Test
  void issuersKeyCompromisedAfterTheDecision_isUnverifiable() throws Exception {
    Hash kid = token.keys().issuerKid();
    SigningKey key = deployment.service().ledger().key(kid).orElseThrow();
    Application application = application();
    deployment.random.beforeNextBytes(
        () ->
            deployment.change(
                new LeafBody.KeyStatement(
                    kid,
                    KeyRole.ISSUER,
                    KeyAlgorithm.ES256,
                    KeyState.COMPROMISED,
                    Optional.empty()),
                new StateChange.SetKey(
                    kid, KeyRole.ISSUER, KeyState.COMPROMISED, key.notBefore(), key.notAfter())));

    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).message())
        .contains("the issuer's key");
    assertNoAllow();
  }
}
