// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;

/**
 * Milliseconds since this machine was booted, to the hundredth of a second: nobody sets them, and they go on
 * while the machine sleeps, which {@link System#nanoTime} does not.
 */
public final class BootClock implements LongSupplier {
  private static final String UPTIME = "/proc/uptime";
  private static final int MAX_BYTES = 64;

  /** Stays open: a process that has no descriptor left still has its time. */
  private final RandomAccessFile file;

  /**
   * This machine's.
   *
   * @throws IllegalStateException if there is none
   */
  public BootClock() {
    try {
      this.file = new RandomAccessFile(UPTIME, "r");
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  @Override
  public long getAsLong() {
    try {
      String uptime = read();
      String seconds = uptime.substring(0, uptime.indexOf(' '));
      int point = seconds.indexOf('.');
      return Long.parseLong(seconds.substring(0, point)) * 1000
          + Long.parseLong(seconds.substring(point + 1)) * 10;
    } catch (IOException | RuntimeException e) {
      throw unreadable(e);
    }
  }

  private String read() throws IOException {
    byte[] bytes = new byte[MAX_BYTES];
    int length;
    synchronized (file) {
      file.seek(0);
      length = file.read(bytes);
    }
    return new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII);
  }

  private static IllegalStateException unreadable(Exception cause) {
    return new IllegalStateException("/proc must be mounted, with uptime in it", cause);
  }
}
