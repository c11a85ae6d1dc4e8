// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Milliseconds since this machine was booted, to the hundredth of a second: nobody sets them, and they go on
 * while the machine sleeps, which {@link System#nanoTime} does not.
 */
public final class BootClock implements LongSupplier {
  private static final Path UPTIME = Path.of("/proc/uptime");

  @Override
  public long getAsLong() {
    try {
      String uptime = Files.readString(UPTIME, StandardCharsets.US_ASCII);
      String seconds = uptime.substring(0, uptime.indexOf(' '));
      int point = seconds.indexOf('.');
      return Long.parseLong(seconds.substring(0, point)) * 1000
          + Long.parseLong(seconds.substring(point + 1)) * 10;
    } catch (IOException | RuntimeException e) {
      throw new IllegalStateException("/proc must be mounted, with uptime in it", e);
    }
  }
}
