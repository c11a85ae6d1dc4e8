// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** That a process has ended, though it may be waited for by nobody. */
final class Gone {
  private Gone() {}

  static void is(long pid) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (runs(pid)) {
      assertThat(System.nanoTime() - end).as("process %d goes on", pid).isNegative();
      Thread.sleep(5);
    }
  }

  /** Whether it does anything yet: a zombie does not. */
  static boolean runs(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
    } catch (IOException e) {
      return false;
    }
  }
}
