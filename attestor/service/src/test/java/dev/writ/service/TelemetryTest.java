// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.RevocationReason;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service tells of itself to those who watch it. */
final class TelemetryTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static SoftwareHost rebooting;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    rebooting = deployment.host("host-b");
    deployment.start();
    for (SoftwareHost each : List.of(host, rebooting)) {
      assertThat(deployment.enrol(each)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static String text() throws Exception {
    return text(deployment.service().telemetry().registry());
  }

  static String text(PrometheusRegistry registry) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void decisions_areCountedAndTimedByStage_andNameNobody() throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    IssuanceOutcome issued = deployment.issue(application);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(application));
    var revoked =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(Deployment.claims(issued).jti(), RevocationReason.CEASED));
    assertThat(revoked).isInstanceOf(RevocationOutcome.Revoked.class);

    String text = text();

    assertThat(text)
        .contains("writ_decisions_total{code=\"\",verdict=\"allow\"} 1.0")
        .contains("writ_decisions_total{code=\"replayed\",verdict=\"deny\"} 1.0")
        .contains("writ_revocation_lag_seconds_count 1")
        .contains("writ_attestation_age_seconds_count")
        .contains("writ_hsm_sign_seconds_count")
        .contains("writ_ledger_append_seconds_count")
        .contains("writ_checkpoint_age_seconds ")
        .contains("writ_pool_waiting{pool=\"appraisal\"} 0.0")
        .contains("writ_pool_overloaded_total{pool=\"hsm\"} 0.0")
        .contains("jvm_");
    for (String stage : List.of("challenge", "verify", "decide", "sign", "commit", "answer")) {
      assertThat(text).contains("writ_decision_seconds_count{stage=\"" + stage + "\"}");
    }
    assertThat(text)
        .doesNotContain(host.name)
        .doesNotContain(Deployment.workloadOf(host.name))
        .doesNotContain(Deployment.claims(issued).jti().toString())
        .doesNotContain(host.akName().toString());
  }

  /** One line for one leaf, by which log and ledger are joined. */
  @Test
  void decisions_areLoggedByTheirLeaf() throws Exception {
    Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    Logger logger = Logger.getLogger(DecisionLog.class.getName());
    Handler handler = into(records);
    logger.setLevel(Level.FINE);
    logger.addHandler(handler);
    try {
      Application application = host.answer(deployment.challenge(host), Deployment.request(host));
      assertThat(deployment.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);
      assertLogged(records.remove(), Level.FINE, Map.of("verdict", "allow"));
      Deployment.denial(DenialCode.REPLAYED, deployment.issue(application));
      assertLogged(
          records.remove(),
          Level.INFO,
          Map.of("verdict", "deny", "code", "replayed", "reason", "challenge_used"));
      assertThat(records).isEmpty();
    } finally {
      logger.removeHandler(handler);
      logger.setLevel(null);
    }
  }

  /** It comes before the decision of the application by which it showed. */
  @Test
  void voidings_areCountedByReasonAndLoggedByTheirLeaf() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(deployment.attest(rebooting)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
    assertThat(text()).contains("writ_voidings_total{reason=\"new_boot\"} 0.0");
    Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    Logger logger = Logger.getLogger(DecisionLog.class.getName());
    Handler handler = into(records);
    logger.addHandler(handler);
    try {
      assertThat(deployment.attest(rebooting.sameTpmAndKeys()))
          .isInstanceOf(IssuanceOutcome.Issued.class);
    } finally {
      logger.removeHandler(handler);
    }

    assertThat(text())
        .contains("writ_voidings_total{reason=\"new_boot\"} 1.0")
        .contains("writ_voidings_total{reason=\"rollback\"} 0.0");
    LogRecord record = records.remove();
    assertThat(record.getLevel()).isEqualTo(Level.INFO);
    assertThat(record.getMessage()).isEqualTo("voided");
    assertThat(((LogFields) record.getParameters()[0]).values())
        .isEqualTo(
            Map.of("reason", "new_boot", "leaf_index", deployment.leaves() - 2, "artifacts", 3L));
    assertThat(records).isEmpty();
  }

  @Test
  void policysEpoch_andEndsOfKeys_areTold() throws Exception {
    String text = text();

    assertThat(text)
        .contains("writ_policy_epoch{log=\"" + Deployment.IDENTITY.origin() + "\"} 1.0\n")
        .contains("writ_witnesses_failing 0.0\n");
    for (KeyRole role : List.of(KeyRole.ISSUER, KeyRole.STATUS)) {
      Instant end = deployment.trust().content().keysOf(role).get(0).exp();
      double left = Duration.between(deployment.clock.instant(), end).toMillis() / 1000.0;
      assertThat(text).contains("writ_key_left_seconds{role=\"" + role.wire() + "\"} " + left);
    }
    assertThat(text)
        .contains(
            "writ_key_left_seconds{role=\"checkpoint\"}", "writ_key_left_seconds{role=\"tls\"}");
  }

  @Test
  void witnessThatFails_isCountedUntilItIsBack_orOthersTakeItsPlace() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    LedgerMetrics metrics = new LedgerMetrics(registry);
    metrics.witnessFailed("w1.example", "did not answer", false);
    metrics.witnessFailed("w1.example", "did not answer", false);
    metrics.witnessFailed("w2.example", "has seen another tree", true);
    assertThat(text(registry)).contains("writ_witnesses_failing 2.0\n").doesNotContain("example");
    metrics.witnessBack("w1.example");
    assertThat(text(registry)).contains("writ_witnesses_failing 1.0\n");
    metrics.witnessesChanged();
    assertThat(text(registry)).contains("writ_witnesses_failing 0.0\n");
  }

  private static Handler into(Queue<LogRecord> records) {
    return new Handler() {
      @Override
      public void publish(LogRecord record) {
        records.add(record);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  private static void assertLogged(LogRecord record, Level level, Map<String, Object> verdict)
      throws Exception {
    assertThat(record.getLevel()).isEqualTo(level);
    assertThat(record.getMessage()).isEqualTo("decision");
    Map<String, Object> fields = ((LogFields) record.getParameters()[0]).values();
    assertThat(fields)
        .containsAllEntriesOf(verdict)
        .containsEntry("decision_id", deployment.lastLeaf().id().toString())
        .containsEntry("leaf_index", deployment.leaves() - 1)
        .containsKey("duration_ms")
        .hasSize(verdict.size() + 3);
  }
}
