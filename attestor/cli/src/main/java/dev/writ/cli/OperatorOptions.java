// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.KeyClient.KeyStep;
import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which service an operator speaks to, and how its answer is printed. */
class OperatorOptions {
  @ArgGroup(multiplicity = "1")
  DoorOptions door = new DoorOptions();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** Asks, and says so where nobody answers. */
  final <T> T ask(DoorOptions.Question<T> question) throws CommandFailure {
    return door.ask(question);
  }

  /** Has a key take a step, and prints that it did. */
  final int step(Hash kid, KeyStep step, CommandSpec spec) throws CommandFailure {
    Hash stepped = ask(client -> CommandFailure.granted(client.keys().step(kid, step)));
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
