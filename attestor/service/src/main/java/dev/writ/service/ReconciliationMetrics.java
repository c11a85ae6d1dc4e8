// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What is measured of {@link Reconciliation}. */
final class ReconciliationMetrics {
  private static final String CLEAN = "clean";
  private static final String REPAIRED = "repaired";
  private static final String FAILED = "failed";

  private final Histogram repairs;
  private final Counter rounds;

  ReconciliationMetrics(PrometheusRegistry registry, Supplier<Duration> age) {
    this.repairs =
        Histogram.builder()
            .name("writ_reconciliation_repair")
            .unit(Unit.SECONDS)
            .help(
                "From the begin of the round that found artifacts to the tokens that revoke them.")
            .classicOnly()
            .withoutExemplars()
            .classicUpperBounds(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
            .register(registry);
    this.rounds =
        Counter.builder()
            .name("writ_reconciliations")
            .help("Rounds in which what stands was compared with what should, by how they ended.")
            .labelNames("result")
            .withoutExemplars()
            .register(registry);
    List.of(CLEAN, REPAIRED, FAILED).forEach(rounds::initLabelValues);
    GaugeWithCallback unused =
        GaugeWithCallback.builder()
            .name("writ_reconciliation_age")
            .unit(Unit.SECONDS)
            .help("Since the last round that ended well.")
            .callback(call -> call.call(age.get().toMillis() / 1000.0))
            .register(registry);
  }

  void repaired(long nanos) {
    repairs.observe(nanos / (double) TimeUnit.SECONDS.toNanos(1));
  }

  void ended(boolean failed, boolean repaired) {
    rounds.labelValues(failed ? FAILED : repaired ? REPAIRED : CLEAN).inc();
  }
}
