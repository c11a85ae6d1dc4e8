// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Counts what happens at the doors, for the service's metrics and its summary of refusals. */
final class DoorMetrics implements DoorObserver, AutoCloseable {
  private final Refusals refusals;
  private final PrometheusRegistry registry;
  private final Counter requests;
  private final Counter turnedAway;
  private final List<Collector> registered;
  private final Map<String, Supplier<Instant>> certificates = new ConcurrentHashMap<>();

  /**
   * Registers with the service's metrics, until closed.
   *
   * @param loads how much the doors hold
   */
  DoorMetrics(WritService service, Loads loads, InstantSource clock) {
    this.refusals = service.refusals();
    this.registry = service.telemetry().registry();
    this.requests =
        Counter.builder()
            .name("writ_http_requests")
            .help("Requests answered, by door, operation of the contract, and status.")
            .labelNames("door", "operation", "status")
            .withoutExemplars()
            .register(registry);
    this.turnedAway =
        Counter.builder()
            .name("writ_http_connections_refused")
            .help("Connections closed at once because there were too many.")
            .withoutExemplars()
            .register(registry);
    this.registered =
        List.of(
            requests,
            turnedAway,
            GaugeWithCallback.builder()
                .name("writ_http_connections")
                .help("Connections open.")
                .callback(callback -> callback.call(loads.connections()))
                .register(registry),
            GaugeWithCallback.builder()
                .name("writ_http_requests_under_way")
                .help("Requests that the service is at.")
                .callback(callback -> callback.call(loads.requests()))
                .register(registry),
            GaugeWithCallback.builder()
                .name("writ_revocation_stream_readers")
                .help("Gateways to which revocations are pushed.")
                .callback(callback -> callback.call(service.revocationStream().connected()))
                .register(registry),
            GaugeWithCallback.builder()
                .name("writ_certificate_left")
                .unit(Unit.SECONDS)
                .help("Until the certificate ends that a door shows; negative afterwards.")
                .labelNames("door")
                .callback(
                    callback ->
                        certificates.forEach(
                            (door, end) ->
                                callback.call(
                                    Duration.between(clock.instant(), end.get()).toMillis()
                                        / 1000.0,
                                    door)))
                .register(registry),
            CounterWithCallback.builder()
                .name("writ_revocations_pushed")
                .help("Revocations, of whichever node, that were made ready for all readers.")
                .callback(callback -> callback.call((double) service.revocationStream().pushed()))
                .register(registry),
            CounterWithCallback.builder()
                .name("writ_revocation_stream_stalled")
                .help("Gateways that were disconnected because they did not read what was pushed.")
                .callback(
                    callback -> callback.call((double) service.revocationStream().stalledSoFar()))
                .register(registry));
  }

  @Override
  public void refused(Problem problem) {
    refusals.count(problem.code(), problem.reason());
  }

  @Override
  public void told(RefusedRequest request) {
    refusals.told(request);
  }

  @Override
  public void clientRefused() {
    refusals.count(DenialCode.UNVERIFIABLE, RefusedClients.REASON);
  }

  @Override
  public void answered(String door, String operation, int status) {
    requests.labelValues(door, operation, Integer.toString(status)).inc();
  }

  @Override
  public void certified(String door, Supplier<Instant> end) {
    certificates.put(door, end);
  }

  @Override
  public void turnedAway() {
    turnedAway.inc();
  }

  @Override
  public void close() {
    registered.forEach(registry::unregister);
  }
}
