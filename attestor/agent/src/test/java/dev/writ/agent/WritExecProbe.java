// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.WritExec.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What writ-exec starts as its JVM in tests: binds a command, writes the binding down, and starts it,
 * without asking anybody.
 *
 * <p>Arguments: the file for the binding's JSON, names of variables to pass, separated by commas (or
 * {@code -}), then the command. Exit: 97 where it cannot be bound, with the outcome on standard error.
 */
final class WritExecProbe {
  static final int NOT_BOUND = 97;

  private WritExecProbe() {}

  public static void main(String[] arguments) throws Exception {
    List<String> command = Arrays.asList(arguments).subList(2, arguments.length);
    List<String> variables =
        arguments[1].equals("-") ? List.of() : List.of(arguments[1].split(","));
    try (WritExec exec = WritExec.ofParent(System.getenv(WritExec.PIPES))) {
      Execution.Preparation preparation =
          Execution.prepare(
              exec,
              new ExecRequest(
                  RawProcess.lastArguments(command), variables, new ArrayList<>(), "t", "w"));
      if (!(preparation instanceof Execution.Preparation.Bound bound)) {
        System.err.println(preparation);
        System.exit(NOT_BOUND);
        return;
      }
      Files.write(Path.of(arguments[0]), bound.execution().binding().jcs());
      Response answer = bound.execution().start(exec);
      if (answer instanceof Response.Failed failed) {
        System.err.println(failed);
        System.exit(NOT_BOUND);
      }
      Ending ending = exec.awaitEnd();
      if (ending instanceof Ending.Lost) {
        ProcessGroup.kill(((Response.Started) answer).pid());
      }
      System.exit(ending instanceof Ending.Exited exited ? exited.status() : 98);
    }
  }
}
