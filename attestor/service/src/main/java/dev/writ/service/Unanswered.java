// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Requests of one event loop that the service is at, oldest first. Each has the same time, so whoever is
 * late is in front. Used by that loop's thread alone.
 */
final class Unanswered {
  private final long patience;
  private final Set<Exchange> waiting = new LinkedHashSet<>();

  Unanswered(DoorsConfig.Limits limits) {
    this.patience = limits.answer().toNanos();
  }

  /** The service was asked. */
  void add(Exchange exchange) {
    waiting.add(exchange);
  }

  /** It answered. False where that was too late, and the exchange was told so. */
  boolean remove(Exchange exchange) {
    return waiting.remove(exchange);
  }

  /** Ends those that are late. */
  void sweep(long now) {
    while (!waiting.isEmpty()) {
      Exchange oldest = waiting.iterator().next();
      if (now - oldest.asked() < patience) {
        return;
      }
      waiting.remove(oldest);
      oldest.overdue();
    }
  }
}
