// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.time.Instant;
import java.util.function.Supplier;

/** Is told what happens at the doors, on their event loops: it must not block. */
interface DoorObserver {
  /** A door refused a request by itself, before the service was asked. */
  void refused(Problem problem);

  /** A request was told that it is refused, and no leaf says so. */
  void told(RefusedRequest request);

  /** A request was answered. */
  void answered(String door, String operation, int status);

  /** A client showed a TLS certificate that the door does not take, and has no connection. */
  void clientRefused();

  /**
   * A door shows a certificate.
   *
   * @param end says when that ends which it shows now; for any thread
   */
  void certified(String door, Supplier<Instant> end);

  /** A connection was closed at once because there were too many. */
  void turnedAway();
}
