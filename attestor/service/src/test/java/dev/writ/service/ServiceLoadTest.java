// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.ledger.StatusBlock;
import dev.writ.ledger.StatusIndex;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that is asked more than it can do, or that is closed while it is asked. */
final class ServiceLoadTest {
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

  private Application application() {
    return host.answer(deployment.challenge(host), Deployment.request(host));
  }

  @Test
  void moreThanThePoolsHold_isOverloadedAtOnce_andTheRestIsAnswered() throws Exception {
    Limits usual = Limits.standard();
    Limits.Pool narrow = new Limits.Pool(1, 2, Duration.ofSeconds(30));
    deployment.limit(usual.withPools(narrow, narrow));
    deployment.restart();
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      applications.add(application());
    }
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    deployment.random.beforeNextBytes(() -> hold(held, go));

    List<CompletionStage<IssuanceOutcome>> answers = new ArrayList<>();
    answers.add(deployment.service().issuance().issue(applications.get(0)));
    assertThat(held.await(10, TimeUnit.SECONDS)).as("the one hsm thread is busy").isTrue();
    for (Application each : applications.subList(1, 20)) {
      answers.add(deployment.service().issuance().issue(each));
    }
    long pending = answers.stream().filter(each -> !each.toCompletableFuture().isDone()).count();
    go.countDown();

    int issued = 0;
    for (CompletionStage<IssuanceOutcome> answer : answers) {
      IssuanceOutcome outcome = Deployment.join(answer);
      if (outcome instanceof IssuanceOutcome.Issued) {
        issued++;
      } else {
        Denial denial = Deployment.denial(DenialCode.UNVERIFIABLE, outcome);
        assertThat(denial.reason()).isEqualTo("overloaded");
        assertThat(denial.retryable()).isTrue();
      }
    }
    assertThat(issued).isBetween(1, 6);
    assertThat(pending).as("no queue without a bound").isLessThanOrEqualTo(6);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private static void hold(CountDownLatch held, CountDownLatch go) {
    held.countDown();
    try {
      assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void overloadedApplication_mayBeSentAgain() throws Exception {
    Application application = application();
    Limits usual = Limits.standard();
    Limits.Pool instant = new Limits.Pool(1, 1, Duration.ofNanos(1));
    deployment.limit(usual.withPools(instant, instant));
    deployment.restart();
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).reason())
        .isEqualTo("overloaded");

    deployment.limit(usual);
    deployment.restart();

    assertThat(deployment.issue(application))
        .as("its challenge was not spent")
        .isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void warmIssuance_readsNoDatabase() throws Exception {
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    Application warm = application();
    SoftwareHost unknown = new SoftwareHost("host-b", deployment.maker);
    Application cold = unknown.answer(warm.challenge(), Deployment.request(unknown));
    deployment.service().ledger().close();

    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(cold)).message())
        .as("this one needs the store")
        .contains("readable");
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(warm)).message())
        .as("this one comes as far as the commit")
        .doesNotContain("readable");
  }

  @Test
  void close_answersWhatIsUnderWay_andAllAfterItWithClosing() throws Exception {
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      applications.add(application());
    }
    List<CompletionStage<IssuanceOutcome>> answers = new ArrayList<>();
    applications.forEach(each -> answers.add(deployment.service().issuance().issue(each)));

    deployment.service().close();

    for (CompletionStage<IssuanceOutcome> answer : answers) {
      assertThat(answer.toCompletableFuture()).isCompleted();
      assertThat(Deployment.join(answer)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
    IssuanceOutcome late = deployment.issue(applications.get(0));
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, late).reason()).isEqualTo("closing");
    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOf(ChallengeOutcome.Denied.class);
    deployment.start();
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(applications.get(0)));
  }

  @Test
  void statusIndices_acrossBlocks_areNeverTheSame() throws Exception {
    StatusTokens tokens =
        new StatusTokens(
            deployment.service().ledger(),
            KeysInUse.of(token.keys(), deployment.service().ledger()),
            token.keys().signatures(),
            deployment.trust().content().status().orElseThrow(),
            deployment.service().trustFiles(),
            Duration.ZERO,
            Duration.ofSeconds(30),
            deployment.clock);
    tokens.start();
    StatusIndices indices =
        new StatusIndices(
            deployment.service().ledger(), tokens, () -> Duration.ofMinutes(5), deployment.clock);
    int many = 3 * StatusBlock.SIZE + 1;
    List<CompletionStage<StatusIndex>> stages = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      stages.add(indices.next());
    }

    Set<StatusIndex> handedOut = new HashSet<>();
    for (CompletionStage<StatusIndex> stage : stages) {
      handedOut.add(Deployment.join(stage));
    }
    assertThat(handedOut).hasSize(many);
    tokens.close();
  }

  @Test
  void statusIndex_ofABlockThatGrewOld_isNotHandedOut() throws Exception {
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    for (int hours = 0; hours < 5; hours++) {
      deployment.clock.advance(Duration.ofHours(1));
      assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
  }
}
