// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.List;

/**
 * What puts policies in force, and breaks the glass.
 *
 * @param report tells the policies that are or were in force
 */
record GovernanceParts(
    PolicyPublications publications, GovernanceOrders orders, PolicyReport report) {

  static GovernanceParts on(Foundation base, StatusTokens tokens) {
    PolicyPublications publications =
        new PolicyPublications(
            base.setup().identity().tenant(),
            base.operations(),
            base.ledger(),
            base.trust(),
            base.policies(),
            tokens,
            base.clock(),
            base.random());
    base.closings().add(publications::close);
    GovernanceOrders orders =
        new GovernanceOrders(
            base.operations(),
            base.ledger(),
            base.trust(),
            base.policies(),
            base.modes(),
            tokens,
            base.clock(),
            base.random());
    base.closings().add(orders::close);
    base.telemetry().watch(List.of(publications.pool(), orders.pool()));
    return new GovernanceParts(publications, orders, new PolicyReport(base.ledger(), base.trust()));
  }
}
