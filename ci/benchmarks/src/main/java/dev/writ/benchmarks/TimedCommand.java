// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.fixtures.ChildProcess;
import dev.writ.load.ProcessFigures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command that is run again and again, each time in a process of its own, and how long that took from
 * before its start to the news of its end. One thread uses it, and runs no other process meanwhile.
 */
final class TimedCommand {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final double NANOS_PER_MILLI = 1e6;

  private final List<String> command;
  private final Path printed;
  private final List<Double> millis = new ArrayList<>();
  private Duration cpu = Duration.ZERO;

  /**
   * A command that has not run yet.
   *
   * @param printed the file to whose end goes what it prints
   */
  TimedCommand(List<String> command, Path printed) {
    this.command = List.copyOf(command);
    this.printed = printed;
  }

  /**
   * Runs it once.
   *
   * @return when it was started, as {@link System#nanoTime} says
   * @throws IOException if it ends otherwise than with status 0
   */
  long run() throws IOException, InterruptedException {
    Duration before = ProcessFigures.cpuOfEndedChildren();
    long start = System.nanoTime();
    ChildProcess process =
        ChildProcess.start(command, Map.of("WRIT_NO_BUILD", "1"), printed, printed);
    Optional<Integer> status = process.await(LIMIT);
    long end = System.nanoTime();
    process.kill();
    if (status.isEmpty() || status.get() != 0) {
      throw new IOException(
          String.format(
              "%s must end with status 0, was %s:%n%s", command, status, process.logTail()));
    }
    cpu = cpu.plus(ProcessFigures.cpuOfEndedChildren().minus(before));
    millis.add((end - start) / NANOS_PER_MILLI);
    return start;
  }

  /** Forgets the runs so far: they were to warm up what it talks to. */
  void forget() {
    millis.clear();
    cpu = Duration.ZERO;
  }

  double medianMillis() {
    return Rounds.median(millis);
  }

  double slowestMillis() {
    return millis.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /** Time on a processor, its own and its children's, of a run in the mean. */
  double cpuMillis() {
    return cpu.toNanos() / NANOS_PER_MILLI / millis.size();
  }
}
