// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
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
    versionProvider = Version.class)
@Subcommands({
  DemoCommand.class,
  DrillCommand.class,
  ServeCommand.class,
  EnrolCommand.class,
  HostsCommand.class,
  AttestCommand.class,
  RunCommand.class,
  RevokeCommand.class,
  KeysCommand.class,
  ApproveCommand.class,
  DoctorCommand.class,
  VerifyCommand.class,
  ExplainCommand.class,
  ReplayCommand.class,
  PackCommand.class,
  LineageCommand.class,
  PolicyCommand.class,
  WitnessCommand.class,
  LedgerCommand.class
})
public final class Main implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs one subcommand and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    int status;
    try {
      status = execute(args);
    } catch (Error e) {
      // A JVM that fails ends with 1 by itself, which would say that a program ended so, or a
      // denial.
      System.err.println("writ: the JVM must be able to go on, and cannot: " + e);
      status = ExitStatus.BUG;
    }
    System.exit(status);
  }

  private static int execute(String[] args) {
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    return switch (args.length == 0 ? "" : args[0]) {
      case RunCommand.NAME -> RunCommand.execute(rest);
      case AttestCommand.NAME -> attest().execute(rest);
      default -> commandLine(args).execute(args);
    };
  }

  /** Without the others: for a command that holds a program, the jars that they need are not there. */
  private static CommandLine attest() {
    CommandLine line = explaining(new CommandLine(new AttestCommand()));
    line.setCommandName("writ " + AttestCommand.NAME);
    return line;
  }

  /** For these words: other subcommands than they name are not in it. */
  static CommandLine commandLine(String... words) {
    return explaining(Subcommands.Lines.of(Main.class, List.of(words)));
  }

  /** What is wrong, first and last: all options of a command between would hide it. */
  private static int misused(ParameterException failure) {
    CommandLine asked = failure.getCommandLine();
    PrintWriter err = asked.getErr();
    err.println("writ: " + failure.getMessage());
    var unused = CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
    if (asked.getSubcommands().isEmpty()) {
      err.println("See " + asked.getCommandSpec().qualifiedName() + " --help");
    } else {
      asked.usage(err);
    }
    return asked.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** With failures told in one sentence, and bugs in full. */
  static CommandLine explaining(CommandLine commandLine) {
    commandLine.setCaseInsensitiveEnumValuesAllowed(false);
    // An argument that begins with @ is meant as it is: attest binds a program's own.
    commandLine.setExpandAtFiles(false);
    commandLine.setHelpFactory(CommandHelp::new);
    commandLine.setParameterExceptionHandler((failure, arguments) -> misused(failure));
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
