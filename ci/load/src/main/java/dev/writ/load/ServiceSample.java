// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a service's metrics say of its token at one moment.
 *
 * @param at on {@link System#nanoTime}'s scale
 * @param connected {@code writ_token_connected}
 * @param reconnections {@code writ_token_reconnections}
 * @param waiting {@code writ_pool_waiting}, of the pool in which the most waits
 */
record ServiceSample(long at, boolean connected, long reconnections, long waiting) {
  private static final Pattern CONNECTED = metric("writ_token_connected");
  private static final Pattern RECONNECTIONS = metric("writ_token_reconnections_total");
  private static final Pattern WAITING = metric("writ_pool_waiting\\{[^}]*\\}");

  private static Pattern metric(String name) {
    return Pattern.compile("^" + name + " (\\S+)$", Pattern.MULTILINE);
  }

  /**
   * Reads Prometheus' text format.
   *
   * @param at when it was asked for
   */
  static ServiceSample of(long at, String metrics) throws IOException {
    return new ServiceSample(
        at, most(metrics, CONNECTED) == 1, most(metrics, RECONNECTIONS), most(metrics, WAITING));
  }

  private static long most(String metrics, Pattern metric) throws IOException {
    Matcher matcher = metric.matcher(metrics);
    double most = -1;
    while (matcher.find()) {
      most = Math.max(most, Double.parseDouble(matcher.group(1)));
    }
    if (most < 0) {
      throw new IOException("the metrics must have a line of " + metric + ", had none");
    }
    return (long) most;
  }
}
