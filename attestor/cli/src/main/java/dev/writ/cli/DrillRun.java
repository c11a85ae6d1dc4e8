// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * {@code writ run} by a clock that a drill sets, in a process that it started for itself: arguments are the
 * clock's file, and those of {@code run}. Nothing that is configured starts a program so.
 */
public final class DrillRun {
  private DrillRun() {}

  /** Runs, and exits as {@code writ run} does. */
  public static void main(String[] args) {
    RunCommand run = new RunCommand(new DrillServe.SetClock(Path.of(args[0])));
    List<String> line = List.of(args).subList(1, args.length);
    System.exit(RunCommand.commandLine(run).execute(line.toArray(String[]::new)));
  }
}
