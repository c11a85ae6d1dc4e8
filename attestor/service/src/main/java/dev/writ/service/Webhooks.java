// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.List;

/** Posts what a service revokes to those who cannot listen, each apart from the others. */
public final class Webhooks implements AutoCloseable {
  /** Most that one service has. */
  public static final int MOST = 16;

  private final List<WebhookDelivery> deliveries;
  private final PrometheusRegistry registry;
  private final List<Collector> registered;

  private Webhooks(WritService service, List<WebhookDelivery> deliveries) {
    this.deliveries = deliveries;
    this.registry = service.telemetry().registry();
    this.registered =
        deliveries.isEmpty()
            ? List.of()
            : List.of(
                CounterWithCallback.builder()
                    .name("writ_webhook_events")
                    .help("Revocations posted to webhooks, by webhook and by what became of them.")
                    .labelNames("webhook", "outcome")
                    .callback(
                        callback ->
                            deliveries.forEach(
                                each -> {
                                  callback.call(
                                      (double) each.delivered(), each.name(), "delivered");
                                  callback.call((double) each.refused(), each.name(), "failed");
                                  callback.call((double) each.givenUp(), each.name(), "given_up");
                                }))
                    .register(registry),
                GaugeWithCallback.builder()
                    .name("writ_webhook_failing")
                    .help("1 where the last attempt to post to a webhook failed.")
                    .labelNames("webhook")
                    .callback(
                        callback ->
                            deliveries.forEach(
                                each -> callback.call(each.isFailing() ? 1 : 0, each.name())))
                    .register(registry));
  }

  /**
   * Posts to all of these from now on, each from where it was told before; a new one from what may withdraw
   * something that still holds.
   *
   * @param hooks of different names, at most {@value #MOST}
   */
  public static Webhooks open(WritService service, List<Webhook> hooks, InstantSource clock) {
    if (hooks.size() > MOST
        || hooks.stream().map(Webhook::name).distinct().count() < hooks.size()) {
      throw new IllegalArgumentException(
          "webhooks must be at most " + MOST + ", each of a name of its own; were not");
    }
    RevocationEvents events = new RevocationEvents(service.ledger());
    List<WebhookDelivery> deliveries =
        hooks.stream()
            .map(
                hook ->
                    new WebhookDelivery(
                        hook,
                        events,
                        new DeliveryPlace(service.ledger(), events, hook.name()),
                        WebhookDelivery.Pauses.USUAL,
                        clock))
            .toList();
    for (WebhookDelivery each : deliveries) {
      service.revocationStream().also(each::tell);
      each.start();
    }
    return new Webhooks(service, deliveries);
  }

  @Override
  public void close() {
    registered.forEach(registry::unregister);
    deliveries.forEach(WebhookDelivery::close);
  }
}
