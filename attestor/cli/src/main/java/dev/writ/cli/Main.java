// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The entry point of {@code writ}. */
@Command(
    name = "writ",
    description = "No writ, no run: attested, short-lived permission before anything runs.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      EnrolCommand.class,
      AttestCommand.class,
      RunCommand.class,
      RevokeCommand.class,
      KeysCommand.class,
      VerifyCommand.class
    })
public final class Main implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs one subcommand and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    CommandLine line = isRun(args) ? RunCommand.commandLine() : commandLine();
    System.exit(status(line, isRun(args) ? Arrays.copyOfRange(args, 1, args.length) : args));
  }

  /** A JVM that fails ends with 1 by itself, which would say that a program ended so, or a denial. */
  private static int status(CommandLine line, String[] args) {
    try {
      return line.execute(args);
    } catch (Error e) {
      line.getErr().println("writ: the JVM must be able to go on, and cannot: " + e);
      return ExitStatus.BUG;
    }
  }

  /** {@code run} starts without the others, which would be loaded for nothing. */
  private static boolean isRun(String[] args) {
    return args.length > 0 && args[0].equals(RunCommand.NAME);
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setCaseInsensitiveEnumValuesAllowed(false);
    // An argument that begins with @ is meant as it is: attest binds a program's own.
    commandLine.setExpandAtFiles(false);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof CommandFailure expected) {
            if (!expected.document().isEmpty() && wantsJson(command)) {
              command.getOut().println(Printer.json(expected.document()));
              command.getOut().flush();
            }
            command.getErr().println("writ: " + expected.getMessage());
            return expected.status();
          }
          command.getErr().println("writ: this is a bug, please report it:");
          failure.printStackTrace(command.getErr());
          return ExitStatus.BUG;
        });
    return commandLine;
  }

  private static boolean wantsJson(CommandLine command) {
    return command.getParseResult().matchedOptionValue("--output", OutputFormat.text)
        == OutputFormat.json;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given");
  }
}
