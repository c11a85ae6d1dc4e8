// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program started once more: the same Java, options and class path. */
final class JavaCommand {
  private static final String TEMPORARY = "-Djava.io.tmpdir=";
  private static final String ONE_SHOT = "-XX:TieredStopAtLevel=1";

  private JavaCommand() {}

  /**
   * The command line that runs {@code main}.
   *
   * @param temporary an existing folder for native libraries that are unpacked
   */
  static List<String> of(Path temporary, Class<?> main, List<String> arguments) {
    return command(List.of(TEMPORARY + temporary), main, arguments);
  }

  /**
   * The command line of a {@code writ} subcommand.
   *
   * @param temporary an existing folder for native libraries that are unpacked: a process that is
   *     killed leaves them there
   */
  static List<String> ofWrit(Path temporary, List<String> arguments) {
    List<String> options = new ArrayList<>(List.of(TEMPORARY + temporary));
    if (!arguments.get(0).equals("serve")) {
      options.add(ONE_SHOT);
    }
    return command(options, Main.class, arguments);
  }

  private static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }
}
