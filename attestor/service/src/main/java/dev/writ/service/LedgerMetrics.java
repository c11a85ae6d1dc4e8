// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerEvents;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What is measured of the ledger, and what its log lines say of those whom it depends on. */
final class LedgerMetrics implements LedgerEvents {
  private static final System.Logger LOG = System.getLogger(LedgerMetrics.class.getName());

  private final Histogram commit;
  private final Histogram headSign;
  private final Counter failures;
  private final Set<String> witnessesAway = ConcurrentHashMap.newKeySet();
  private volatile long headSigned = System.nanoTime();

  LedgerMetrics(PrometheusRegistry registry) {
    commit =
        histogram(registry, "writ_ledger_commit", "Time that a transaction of the ledger took.");
    headSign = histogram(registry, "writ_head_sign", "Time that a head's signatures took.");
    failures =
        Counter.builder()
            .name("writ_ledger_failures")
            .help("Transactions, head signatures and rounds of witnesses that failed.")
            .labelNames("step")
            .withoutExemplars()
            .register(registry);
    List.of("commit", "sign", "cosign", "anchor", "archive").forEach(failures::initLabelValues);
    GaugeWithCallback.builder()
        .name("writ_witnesses_failing")
        .help("Witnesses of now that did not cosign when they were asked last.")
        .callback(call -> call.call(witnessesAway.size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("writ_checkpoint_age")
        .unit(Unit.SECONDS)
        .help("Time since the newest checkpoint was signed.")
        .callback(call -> call.call(Unit.nanosToSeconds(System.nanoTime() - headSigned)))
        .register(registry);
  }

  private static Histogram histogram(PrometheusRegistry registry, String name, String help) {
    return Histogram.builder()
        .name(name)
        .unit(Unit.SECONDS)
        .help(help)
        .classicOnly()
        .withoutExemplars()
        .classicUpperBounds(Telemetry.SECONDS)
        .register(registry);
  }

  @Override
  public void batchCommitted(int entries, Duration took) {
    commit.observe(Unit.nanosToSeconds(took.toNanos()));
  }

  @Override
  public void commitFailed(String code) {
    failures.labelValues("commit").inc();
  }

  @Override
  public void headSigned(Duration took) {
    headSigned = System.nanoTime();
    headSign.observe(Unit.nanosToSeconds(took.toNanos()));
  }

  @Override
  public void signatureFailed(String code) {
    failures.labelValues("sign").inc();
  }

  @Override
  public void quorumMissed() {
    failures.labelValues("cosign").inc();
  }

  @Override
  public void witnessFailed(String name, String reason, boolean contradicts) {
    witnessesAway.add(name);
    LOG.log(
        contradicts ? System.Logger.Level.ERROR : System.Logger.Level.WARNING,
        contradicts ? "witness_contradicts" : "witness_failed",
        LogFields.of("witness", name, "message", name + " " + reason));
  }

  @Override
  public void anchorFailed(String reason) {
    failures.labelValues("anchor").inc();
    LOG.log(System.Logger.Level.WARNING, "anchor_failed", LogFields.of("message", reason));
  }

  @Override
  public void anchorBack(String name) {
    LOG.log(
        System.Logger.Level.INFO, "anchor_back", LogFields.of("message", name + " is kept again"));
  }

  @Override
  public void archiveFailed(String reason) {
    failures.labelValues("archive").inc();
    LOG.log(System.Logger.Level.WARNING, "archive_failed", LogFields.of("message", reason));
  }

  @Override
  public void archiveBack() {
    LOG.log(
        System.Logger.Level.INFO,
        "archive_back",
        LogFields.of("message", "old leaves are moved to the archive again"));
  }

  @Override
  public void witnessBack(String name) {
    witnessesAway.remove(name);
    LOG.log(System.Logger.Level.INFO, "witness_back", LogFields.of("witness", name));
  }

  @Override
  public void witnessesChanged() {
    witnessesAway.clear();
  }
}
