// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.ledger.HostState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An enrolled host writes no more leaves than its rate allows. */
final class HostRateTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;
  private SoftwareHost other;

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
    deployment.limitHostRate(1, 2);
    host = deployment.host("host-a");
    other = deployment.host("host-b");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Application application(SoftwareHost of) {
    return of.answer(deployment.challenge(of), Deployment.request(of));
  }

  /** What the host asks for that no rule allows: each would be a leaf. */
  private Application foreign() {
    return host.answer(
        deployment.challenge(host),
        Deployment.request(Deployment.workloadOf("host-z"), host.jkt()));
  }

  @Test
  void hostBeyondItsRate_isCountedAndNoLeaf_andMayAskAgainLater() throws Exception {
    assertThat(deployment.issue(foreign())).isInstanceOf(IssuanceOutcome.Denied.class);
    assertThat(deployment.issue(foreign())).isInstanceOf(IssuanceOutcome.Denied.class);
    Application third = application(host);
    long leaves = deployment.leaves();
    long refused = deployment.service().refusals().sum();

    Denial denial = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(third));

    assertThat(denial.reason()).isEqualTo("host_rate");
    assertThat(denial.retryable()).isTrue();
    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(deployment.service().refusals().sum()).isEqualTo(refused + 1);
    deployment.pass(Duration.ofSeconds(1));
    assertThat(deployment.issue(third))
        .as("the challenge was left")
        .isInstanceOf(IssuanceOutcome.Issued.class);
    Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application(host)));
  }

  @Test
  void hostBeyondItsRate_slowsNoOther_andWhoIsNotTheHostUsesNothingUp() throws Exception {
    Application good = application(host);
    Application forged =
        new Application(
            good.akName(),
            good.challenge(),
            Deployment.request(Deployment.workloadOf("host-z"), host.jkt()),
            Optional.empty(),
            good.evidence());
    for (int i = 0; i < 5; i++) {
      Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(forged));
    }
    assertThat(deployment.issue(good)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host));

    assertThat(deployment.attest(other)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void suspendedHost_thatAsksForAChallenge_isCounted() {
    deployment.set(host, HostState.SUSPENDED);
    deployment.service().hosts().forget(host.akName());
    long refused = deployment.service().refusals().sum();

    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOf(ChallengeOutcome.Denied.class);

    assertThat(deployment.service().refusals().sum()).isEqualTo(refused + 1);
  }
}
