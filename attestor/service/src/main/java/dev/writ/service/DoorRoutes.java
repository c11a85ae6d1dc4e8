// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Optional;

/** What doors serve: the public ones, the operator's, and that of metrics. */
record DoorRoutes(RouteTable open, RouteTable operator, RouteTable metrics) {
  /**
   * Those of a service, whose reads, scrapes and explanations run in these pools.
   *
   * @param authzenUrl where enforcement points reach the operators' TLS door
   */
  static DoorRoutes of(
      WritService service,
      WorkPool reads,
      WorkPool scrapes,
      WorkPool explanations,
      Optional<String> authzenUrl) {
    LedgerRoutes ledger = new LedgerRoutes(service.ledger(), reads);
    TrustRoutes trust = new TrustRoutes(service.trustFiles(), reads);
    HealthRoutes health = new HealthRoutes(service);
    return new DoorRoutes(
        PublicRoutes.of(service, ledger, trust, health, reads),
        OperatorRoutes.of(
            service,
            scrapes,
            explanations,
            trust,
            health,
            new AuthzenRoutes(service.evaluations(), authzenUrl)),
        OperatorRoutes.metricsOf(service, scrapes, health));
  }
}
