// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.time.Duration;

/**
 * How long a server may take.
 *
 * @param connect until TCP or its socket is connected
 * @param silence from one byte to the next, in either direction, and for a TLS handshake
 * @param whole from the first attempt to connect to the last byte of its answer
 */
public record Timeouts(Duration connect, Duration silence, Duration whole) {
  /** What the commands use: longer than any answer takes, shorter than anybody's patience. */
  public static final Timeouts STANDARD =
      new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofSeconds(30));

  /** All of them positive. */
  public Timeouts {
    for (Duration each : new Duration[] {connect, silence, whole}) {
      if (each.isNegative() || each.isZero()) {
        throw new IllegalArgumentException("a time-out must be positive, was " + each);
      }
    }
  }
}
