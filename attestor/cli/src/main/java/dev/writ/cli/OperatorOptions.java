// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.agent.OperatorClient.KeyStep;
import dev.writ.agent.Timeouts;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which service an operator speaks to, and how its answer is printed. */
class OperatorOptions {
  @Option(
      names = "--socket",
      required = true,
      paramLabel = "PATH",
      description = "The service's Unix socket for operators.")
  Path socket = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** A question to the service. */
  interface Question<T> {
    T ask(OperatorClient service) throws IOException, CommandFailure;
  }

  /** Asks, and says so where nobody answers. */
  final <T> T ask(Question<T> question) throws CommandFailure {
    try {
      return question.ask(new OperatorClient(socket, Timeouts.STANDARD));
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service at " + socket + " must answer", e);
    }
  }

  /** Has a key take a step, and prints that it did. */
  final int step(Hash kid, KeyStep step, CommandSpec spec) throws CommandFailure {
    Hash stepped = ask(client -> CommandFailure.granted(client.step(kid, step)));
    if (!stepped.equals(kid)) {
      throw CommandFailure.integrity(
          "the service must answer of key "
              + Thumbprint.text(kid)
              + ", and answers of "
              + Thumbprint.text(stepped));
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("kid", Thumbprint.text(kid));
    facts.put("step", step.wire());
    new Printer(spec.commandLine().getOut(), output).print(facts);
    return ExitStatus.DONE;
  }
}
