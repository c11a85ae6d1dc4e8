// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.List;

/**
 * How much each kind of door holds.
 *
 * @param open the public doors, together
 * @param operator the operator's socket
 * @param operatorTls the operator's TLS door
 * @param metrics the door for metrics and health
 */
record Loads(Load open, Load operator, Load operatorTls, Load metrics) {
  static Loads of(DoorsConfig.Limits limits) {
    DoorsConfig.Limits reserved = limits.reserved();
    return new Loads(new Load(limits), new Load(reserved), new Load(reserved), new Load(reserved));
  }

  private List<Load> all() {
    return List.of(open, operator, operatorTls, metrics);
  }

  int connections() {
    return all().stream().mapToInt(Load::connections).sum();
  }

  int requests() {
    return all().stream().mapToInt(Load::requests).sum();
  }

  long buffered() {
    return all().stream().mapToLong(Load::buffered).sum();
  }
}
