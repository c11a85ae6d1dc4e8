// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.DenialCode;
import dev.writ.fixtures.ChildProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs commands that hold a program, each in a process of its own and to its end, as users do. */
final class HeldCommands {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern DENIED = Pattern.compile("\\bdenied: ([a-z_]+):");

  private final Path folder;
  private final UnaryOperator<List<String>> launcher;
  private int runs;

  /**
   * Commands whose output goes into a folder.
   *
   * @param folder exists, and {@code tmp} in it, for native libraries
   */
  HeldCommands(Path folder) {
    this(folder, command -> command);
  }

  /**
   * The same by another launcher.
   *
   * @param launcher makes each command line of the usual one
   */
  HeldCommands(Path folder, UnaryOperator<List<String>> launcher) {
    this.folder = folder;
    this.launcher = launcher;
  }

  /**
   * How one ended.
   *
   * @param printed on standard output
   * @param said on standard error
   */
  record Ended(int status, String printed, String said) {
    /** With which code it was denied, if it was. */
    Optional<DenialCode> denied() {
      Matcher denied = DENIED.matcher(said);
      return status != 0 && denied.find() ? DenialCode.ofWire(denied.group(1)) : Optional.empty();
    }
  }

  /**
   * Runs one.
   *
   * @param arguments those of {@code writ}
   * @param environment more than this process has
   */
  Ended run(List<String> arguments, Map<String, String> environment)
      throws IOException, InterruptedException, CommandFailure {
    return run(arguments, environment, command -> command);
  }

  /**
   * The same by another command line.
   *
   * @param by makes it of the usual one
   */
  Ended run(List<String> arguments, Map<String, String> environment, UnaryOperator<List<String>> by)
      throws IOException, InterruptedException, CommandFailure {
    runs++;
    Path printed = folder.resolve("run-" + runs + ".out");
    Path said = folder.resolve("run-" + runs + ".err");
    ChildProcess process =
        ChildProcess.start(
            launcher.apply(by.apply(JavaCommand.ofWritExec(folder.resolve("tmp"), arguments))),
            environment,
            printed,
            said);
    Optional<Integer> status = process.await(PATIENCE);
    process.kill();
    if (status.isEmpty()) {
      throw new IOException(
          "writ " + arguments.get(0) + " must end, and does not: " + process.logTail());
    }
    return new Ended(
        status.get(),
        Files.readString(printed, StandardCharsets.UTF_8),
        Files.readString(said, StandardCharsets.UTF_8));
  }
}
