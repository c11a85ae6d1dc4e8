// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.service.Readiness.Finding;
import dev.writ.service.Readiness.Part;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether the service says so when it could not issue an artifact. */
final class ReadinessTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;

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
    deployment.start();
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Readiness readiness() {
    return Deployment.join(deployment.service().readiness());
  }

  /** What is found by a new look: a second is over since the one before. */
  private Readiness anew() {
    deployment.pass(Duration.ofSeconds(1));
    return readiness();
  }

  private static Set<Part> failing(Readiness readiness) {
    return readiness.findings().stream()
        .filter(finding -> !finding.ok())
        .map(Finding::part)
        .collect(Collectors.toSet());
  }

  @Test
  void serviceThatCanIssue_isReadyInEveryPart() {
    Readiness readiness = readiness();

    assertThat(failing(readiness)).isEmpty();
    assertThat(readiness.ready()).isTrue();
    assertThat(readiness.findings().stream().map(Finding::part)).containsExactly(Part.values());
  }

  @Test
  void tokenGone_isNotReady_andReadyAgainWithANewStart() throws Exception {
    assertThat(readiness().ready()).isTrue();
    token.logOut();
    try {
      Readiness gone = anew();

      assertThat(gone.ready()).isFalse();
      assertThat(failing(gone)).contains(Part.HSM, Part.LEDGER).doesNotContain(Part.POLICY);
      deployment.clock.advance(Duration.ofMinutes(3));
      assertThat(failing(anew())).contains(Part.STATUS);
    } finally {
      token.logIn();
    }
    deployment.restart();
    assertThat(readiness().ready()).isTrue();
  }

  /** Nobody need ask for it: the service finds it out by itself each ten seconds. */
  @Test
  void whatIsFound_isAMetricOfEachPart_alsoWhereNobodyAsks() throws Exception {
    assertThat(metrics()).doesNotContain("writ_ready{");
    deployment.service().chores().run();
    assertThat(readiness().ready()).isTrue();
    for (Part part : Part.values()) {
      assertThat(metrics()).contains("writ_ready{part=\"" + part.wire() + "\"} 1.0\n");
    }
    deployment.raiseEpoch(2);
    deployment.pass(Duration.ofSeconds(9));
    deployment.service().readinessCheck().tryIfDue();
    assertThat(metrics()).contains("writ_ready{part=\"policy\"} 1.0\n");
    deployment.pass(Duration.ofSeconds(1));
    deployment.service().readinessCheck().tryIfDue();
    assertThat(readiness().ready()).isFalse();
    assertThat(metrics())
        .contains("writ_ready{part=\"policy\"} 0.0\n", "writ_ready{part=\"hsm\"} 1.0\n");
  }

  private String metrics() throws Exception {
    return TelemetryTest.text(deployment.service().telemetry().registry());
  }

  @Test
  void anotherPolicyInForce_isNotReady() throws Exception {
    assertThat(readiness().ready()).isTrue();
    deployment.raiseEpoch(2);

    assertThat(failing(anew())).containsExactly(Part.POLICY);
  }

  @Test
  void ledgerClosed_isNotReady() throws Exception {
    deployment.service().ledger().close();

    assertThat(failing(readiness())).contains(Part.LEDGER, Part.POLICY);
  }

  @Test
  void manyWhoAsk_getTheSameAnswerWithinASecond() {
    Readiness first = readiness();

    for (int i = 0; i < 100; i++) {
      assertThat(readiness()).isSameAs(first);
    }
  }

  @Test
  void closedService_isNotReady() throws Exception {
    assertThat(readiness().ready()).isTrue();
    deployment.service().close();

    assertThat(anew().ready()).isFalse();
  }

  /** A network token whose line is cut does not fail: it says nothing. */
  @Test
  void tokenThatHangs_isNotReady_isTriedOnce_andReadyOnceItAnswers() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    AtomicInteger tries = new AtomicInteger();
    try (ReadinessCheck check =
        new ReadinessCheck(
            message -> {
              tries.incrementAndGet();
              awaitUninterruptibly(cut);
              return token.keys().issuer().signP1363(message);
            },
            () -> "the token signs",
            deployment.service().ledger(),
            deployment.service().policies(),
            deployment.service().modes(),
            deployment.service().statusTokens(),
            Optional::empty,
            Duration.ofMillis(100),
            deployment::nanos)) {
      for (int round = 0; round < 3; round++) {
        Readiness hanging = Deployment.join(check.readiness());
        assertThat(failing(hanging)).contains(Part.HSM);
        assertThat(hanging.findings().get(0).message()).contains("no answer within 100 ms");
        deployment.pass(Duration.ofSeconds(1));
      }
      assertThat(tries).as("no second thread hangs").hasValue(1);

      cut.countDown();

      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!Deployment.join(check.readiness()).ready() && System.nanoTime() < end) {
        deployment.pass(Duration.ofSeconds(1));
      }
      assertThat(Deployment.join(check.readiness()).ready()).isTrue();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void clockThatFellBack_isNotReady_andSaysSo_untilItIsRight() {
    assertThat(readiness().ready()).isTrue();
    deployment.clock.advance(Duration.ofMinutes(-10));

    Readiness behind = anew();

    assertThat(failing(behind)).contains(Part.STATUS);
    assertThat(behind.findings().get(3).message()).contains("the clock");
    deployment.clock.advance(Duration.ofMinutes(10));
    assertThat(anew().ready()).isTrue();
  }
}
