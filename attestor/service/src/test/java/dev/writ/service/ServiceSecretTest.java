// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.evidence.Octets;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.MacKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys under which challenges and activations are recognized. */
final class ServiceSecretTest {
  private static final String LABEL = "writ-test-v1";
  private static final byte[] MESSAGE = {1, 2, 3};

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;

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
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Ledger ledger() {
    return deployment.service().ledger();
  }

  private ServiceSecret secret() throws Exception {
    return ServiceSecret.open(ledger(), "test", deployment.clock, deployment.random);
  }

  /** Until the ledger has made what was asked of it before. */
  private void settle() {
    assertThat(Deployment.join(ledger().probe())).isEmpty();
  }

  @Test
  void macs_areOursAcrossARestart_andNobodyElses() throws Exception {
    byte[] mac = secret().mac(LABEL, MESSAGE);

    deployment.restart();

    assertThat(secret().isOurs(LABEL, MESSAGE, mac)).isTrue();
    assertThat(secret().isOurs("writ-other-v1", MESSAGE, mac)).isFalse();
    assertThat(secret().isOurs(LABEL, new byte[] {1, 2, 4}, mac)).isFalse();
    assertThat(secret().isOurs(LABEL, MESSAGE, Deployment.flipped(mac, 31))).isFalse();
    assertThat(
            ServiceSecret.open(ledger(), "other", deployment.clock, deployment.random)
                .isOurs(LABEL, MESSAGE, mac))
        .isFalse();
  }

  @Test
  void key_isRenewedAfterADay_andTheOneBeforeIsGoodForSixtySeconds() throws Exception {
    ServiceSecret secret = secret();
    byte[] mac = secret.mac(LABEL, MESSAGE);
    deployment.clock.advance(ServiceSecret.RENEWED_AFTER.minusMillis(1));
    secret.renewIfDue();
    settle();
    assertThat(secret.mac(LABEL, MESSAGE)).as("not yet").isEqualTo(mac);

    deployment.clock.advance(Duration.ofMillis(1));
    secret.renewIfDue();
    settle();

    assertThat(secret.mac(LABEL, MESSAGE)).isNotEqualTo(mac);
    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).isTrue();
    deployment.clock.advance(ServiceSecret.OVERLAP.minusMillis(1));
    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).isTrue();
    deployment.clock.advance(Duration.ofMillis(1));
    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).isFalse();
    assertThat(secret.isOurs(LABEL, MESSAGE, secret.mac(LABEL, MESSAGE))).isTrue();
  }

  @Test
  void supersededKey_isErasedOnceItIsGoodForNothing() throws Exception {
    ServiceSecret secret = secret();
    MacKey first = ledger().sharedKeys().newestFirst("test").get(0);
    deployment.clock.advance(ServiceSecret.RENEWED_AFTER);
    secret.renewIfDue();
    settle();
    assertThat(ledger().sharedKeys().newestFirst("test")).hasSize(2);

    deployment.clock.advance(ServiceSecret.OVERLAP);
    secret.renewIfDue();
    settle();

    List<MacKey> left = ledger().sharedKeys().newestFirst("test");
    assertThat(left).hasSize(1);
    assertThat(left.get(0).key()).isNotEqualTo(first.key());
  }

  @Test
  void challengeAndActivation_fromBeforeTheRenewal_areGood() throws Exception {
    deployment.clock.advance(ServiceSecret.RENEWED_AFTER.minusSeconds(10));
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    EnrolmentOutcome.Activation activation = (EnrolmentOutcome.Activation) deployment.begin(host);
    Octets secret = host.activate(activation.credential());
    deployment.clock.advance(Duration.ofSeconds(20));

    deployment.service().chores().run();
    settle();

    assertThat(ledger().sharedKeys().newestFirst("challenge")).hasSize(2);
    assertThat(ledger().sharedKeys().newestFirst("activation")).hasSize(2);
    assertThat(deployment.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.complete(activation.session(), secret))
        .as("recognized, and enrolled already")
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Enrolled.class,
            enrolled -> assertThat(enrolled.akName()).isEqualTo(host.ak.name()));
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void challengeFromBeforeARestart_isGood() throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));

    deployment.restart();

    assertThat(deployment.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(application));
  }

  @Test
  void secret_showsNothingOfItself() throws Exception {
    assertThat(secret().toString()).isEqualTo("ServiceSecret(not shown)");
  }

  @Test
  void supersededKey_isGoodForNothing_whereTheClockFellBack() throws Exception {
    ServiceSecret secret = secret();
    byte[] mac = secret.mac(LABEL, MESSAGE);
    deployment.clock.advance(ServiceSecret.RENEWED_AFTER);
    secret.renewIfDue();
    settle();
    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).isTrue();

    deployment.clock.advance(Duration.ofHours(-1));

    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).isFalse();
    assertThat(secret.isOurs(LABEL, MESSAGE, secret.mac(LABEL, MESSAGE))).isTrue();
    secret.renewIfDue();
    settle();
    deployment.clock.advance(Duration.ofHours(1));
    assertThat(secret.isOurs(LABEL, MESSAGE, mac)).as("for good").isFalse();
  }
}
