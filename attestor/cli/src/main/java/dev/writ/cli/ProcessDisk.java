// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.fixtures.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The disk of one process, which can be full for it alone: Linux refuses whatever it writes to a file
 * beyond a length, here beyond none.
 */
final class ProcessDisk {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final long pid;
  private final Path log;

  /**
   * The disk of a process of this user's.
   *
   * @param log takes what prlimit(1) says
   */
  ProcessDisk(long pid, Path log) {
    this.pid = pid;
    this.log = log;
  }

  /** From now on it is full. */
  void fill() throws IOException, InterruptedException {
    limit("0:");
  }

  /** It has room again, as much as there is. */
  void free() throws IOException, InterruptedException {
    limit("unlimited:");
  }

  private void limit(String soft) throws IOException, InterruptedException {
    ChildProcess prlimit =
        ChildProcess.start(
            List.of("prlimit", "--pid", Long.toString(pid), "--fsize=" + soft), Map.of(), log, log);
    boolean done = prlimit.await(PATIENCE).filter(status -> status == 0).isPresent();
    prlimit.kill();
    if (!done) {
      throw new IOException(
          "prlimit must set the longest file of the service's process, and does not: "
              + prlimit.logTail());
    }
  }
}
