// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ ledger erase}: what lies beside leaves, for good. */
@Command(
    name = "erase",
    description = {
      "Erases what a service keeps beside leaves, a boot log included. The leaves and every proof stay; what",
      "their commitments stand for nobody can tell any more. An artifact in force stays so. Tries each, and",
      "exits with 1 if one could not be erased."
    },
    mixinStandardHelpOptions = true)
final class LedgerEraseCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "LEAF",
      description = "A leaf: its index, its id, or its artifact's jti.")
  List<String> leaves = new ArrayList<>();

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    for (String leaf : leaves) {
      if (!LeafArgument.isOne(leaf)) {
        throw new ParameterException(
            spec.commandLine(), "LEAF must be a UUID or a number, was " + leaf);
      }
    }
    List<String> left = new ArrayList<>();
    for (String leaf : leaves) {
      try {
        print(
            operator.ask(
                client -> CommandFailure.read(client.erasePayload(LeafArgument.lower(leaf)))));
      } catch (CommandFailure e) {
        if (e.status() != ExitStatus.DENIED) {
          throw e;
        }
        left.add(leaf + " (" + e.getMessage() + ")");
      }
    }
    if (!left.isEmpty()) {
      throw CommandFailure.invalid("not erased: " + String.join(", ", left));
    }
    return ExitStatus.DONE;
  }

  private void print(OperatorClient.ErasedPayload erased) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("erased", erased.leafIndex());
    facts.put("id", erased.id());
    facts.put("kind", erased.kind());
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
  }
}
