// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.fixtures.FaultyModule;
import dev.writ.hsm.TokenProfile;
import dev.writ.hsm.TokenStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token that goes away under a running service and comes back (case 87). */
@Tag("own-jvm")
final class TokenAwayTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private static Path moduleFolder;
  private static FaultyModule module;
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    TokenProfile real = TokenProfile.named("softhsm2");
    module = FaultyModule.build(moduleFolder.resolve("module"), real.library());
    token = ServiceToken.create(real.withLibrary(module.library()));
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
  void stop() throws Exception {
    module.clear();
    awaitConnected();
    deployment.close();
  }

  private Application application() {
    return host.answer(deployment.challenge(host), Deployment.request(host));
  }

  @Test
  void case87_tokenAway_nothingIsDecidedAndTheServiceComesBackByItself() throws Exception {
    Application first = application();
    Application second = application();
    module.remove();

    Denial lost = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(first));
    assertThat(lost.retryable()).isTrue();
    assertThat(token.keys().issuer().tokenStatus()).isInstanceOf(TokenStatus.Away.class);
    long committed = committed();
    Denial away = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(second));
    assertThat(away.reason()).isEqualTo("token_away");
    assertThat(away.retryable()).isTrue();
    assertThat(committed()).as("nothing was decided").isEqualTo(committed);

    module.restore();
    awaitConnected();
    assertThat(deployment.issue(second))
        .as("its nonce was left")
        .isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.service().signatureAudit().audit().isBalanced())
        .as("what the module was asked for and did not say counts for neither side")
        .isTrue();
  }

  @Test
  void case87_tokenThatHangs_keepsNobodyWaitingOnceItCountsAsAway() throws Exception {
    Application held = application();
    Application next = application();
    module.hang("C_Sign");

    CompletionStage<IssuanceOutcome> hangs = deployment.service().issuance().issue(held);
    while (!(token.keys().issuer().tokenStatus() instanceof TokenStatus.Away)) {
      Thread.sleep(5);
    }
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(next)).reason())
        .isEqualTo("token_away");
    assertThat(hangs.toCompletableFuture()).as("is in the call still").isNotDone();

    module.release("C_Sign");
    awaitConnected();
    assertThat(deployment.issue(next)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(Deployment.join(hangs)).as("ends, either way").isNotNull();
  }

  private long committed() throws Exception {
    long count = 0;
    while (deployment.service().ledger().leaf(count).isPresent()) {
      count++;
    }
    return count;
  }

  private static void awaitConnected() throws InterruptedException {
    long end = System.nanoTime() + LONG.toNanos();
    while (!(token.keys().issuer().tokenStatus() instanceof TokenStatus.Connected)) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
