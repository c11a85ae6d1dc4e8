// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.fixtures.FaultyModule;
import dev.writ.hsm.TokenProfile;
import dev.writ.hsm.TokenStatus;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service whose token has a replica. */
@Tag("own-jvm")
final class ReplicaServiceTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private static Path modules;
  private static FaultyModule module;
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;

  @BeforeAll
  static void makeTokens() throws Exception {
    TokenProfile real = TokenProfile.named("softhsm2");
    Path maker = Files.copy(real.library(), modules.resolve("maker.so"));
    module = FaultyModule.build(modules.resolve("module"), real.library());
    token =
        ServiceToken.createReplicated(
            attentive(real.withLibrary(module.library())), real.withLibrary(maker));
  }

  /** A profile by which a replica is not left alone for ten seconds. */
  private static TokenProfile attentive(TokenProfile profile) {
    return new TokenProfile(
        profile.name(),
        profile.library(),
        profile.install(),
        profile.assurance(),
        profile.environment(),
        profile.storage(),
        profile.sessions(),
        profile.signers(),
        new TokenProfile.Times(
            profile.times().turn(),
            profile.times().patience(),
            Duration.ofMillis(200),
            profile.times().reconnect()),
        profile.replicable());
  }

  @AfterAll
  static void removeTokens() throws Exception {
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
    await(TokenStatus.Connected.class);
    deployment.close();
  }

  @Test
  void tokenAway_artifactsAreIssuedByTheReplicaAndItIsSaid() throws Exception {
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(metrics())
        .contains("writ_token_connected 1.0")
        .contains("writ_replica_connected 1.0")
        .contains("writ_replica_lacking_keys 0.0")
        .contains("writ_signing_token{token=\"primary\"} 1.0");
    module.removeToken(token.label());
    for (int i = 0; i < 3; i++) {
      assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
    assertThat(token.keys().issuer().tokenStatus()).isInstanceOf(TokenStatus.ByReplica.class);
    assertThat(hsm().ok()).isTrue();
    assertThat(hsm().message())
        .startsWith("the replica signs with the issuer's key, since the token is away: ");
    assertThat(metrics())
        .contains("writ_token_connected 0.0")
        .contains("writ_signing_token{token=\"primary\"} 0.0")
        .contains("writ_signing_token{token=\"replica\"} 1.0");
    module.restoreToken(token.label());
    await(TokenStatus.Connected.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.service().signatureAudit().audit().isBalanced())
        .as("both tokens' signatures are accounted for")
        .isTrue();
  }

  @Test
  void replicaAway_serviceIsReadyAndSaysIt() throws Exception {
    module.removeToken("replica");
    // It is asked by its own keep-alive, or not at all: nothing else is asked of it.
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    while (token.keys().issuer().token().replicaStatus().orElseThrow()
        instanceof TokenStatus.Connected) {
      Thread.sleep(20);
    }
    assertThat(hsm().ok()).isTrue();
    assertThat(hsm().message())
        .startsWith("the token signs with the issuer's key; its replica does not: ");
    assertThat(metrics())
        .contains("writ_replica_connected 0.0")
        .contains("writ_signing_token{token=\"primary\"} 1.0");
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void bothAway_isUnverifiableAndComesBackByItself() throws Exception {
    Application first = host.answer(deployment.challenge(host), Deployment.request(host));
    Application second = host.answer(deployment.challenge(host), Deployment.request(host));
    module.remove();
    Denial lost = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(first));
    assertThat(lost.retryable()).isTrue();
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(second)).reason())
        .isEqualTo("token_away");
    module.restore();
    await(TokenStatus.Connected.class);
    assertThat(deployment.issue(second)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void keys_list_saysWhichAreReplicated() {
    assertThat(Deployment.join(deployment.service().keyReport().keys()))
        .isInstanceOfSatisfying(
            KeyReport.Outcome.Given.class,
            given ->
                assertThat((Iterable<?>) given.value())
                    .hasSize(6)
                    .allSatisfy(
                        row ->
                            assertThat(((KeyReport.Row) row).replicated())
                                .isEqualTo(Optional.of(true))));
  }

  private Readiness.Finding hsm() {
    deployment.pass(Duration.ofSeconds(2));
    return Deployment.join(deployment.service().readiness()).findings().get(0);
  }

  private String metrics() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create()
        .write(out, deployment.service().telemetry().registry().scrape());
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void await(Class<? extends TokenStatus> status) throws InterruptedException {
    long end = System.nanoTime() + LONG.toNanos();
    while (!status.isInstance(token.keys().issuer().tokenStatus())
        || !(token.keys().issuer().token().replicaStatus().orElseThrow()
            instanceof TokenStatus.Connected)) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
