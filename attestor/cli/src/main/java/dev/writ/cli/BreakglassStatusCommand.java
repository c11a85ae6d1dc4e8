// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.GovernanceClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ policy breakglass status}: the mode in force, and what waits for its review. */
@Command(
    name = "status",
    description = {
      "Shows the mode that rules see, and the newest uses of break-glass with their reviews. Exits with 1",
      "where a review is overdue."
    },
    mixinStandardHelpOptions = true)
final class BreakglassStatusCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    GovernanceClient.Standing standing =
        operator.ask(client -> CommandFailure.read(client.governance().standing()));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("mode", standing.mode());
    standing.ends().ifPresent(ends -> facts.put("ends", ends));
    standing.frozenBy().ifPresent(index -> facts.put("frozen_by", index));
    List<Map<String, Object>> uses =
        standing.uses().stream().map(BreakglassStatusCommand::row).toList();
    if (operator.output == OutputFormat.json) {
      facts.put("uses", uses);
      new Printer(spec.commandLine().getOut(), OutputFormat.json).print(facts);
    } else {
      new Printer(spec.commandLine().getOut(), OutputFormat.text).print(facts);
      new Table("leaf", "ends", "review_by", "review", "used_by")
          .print(spec.commandLine().getOut(), OutputFormat.text, "uses", uses);
    }
    return standing.uses().stream().anyMatch(GovernanceClient.Use::overdue)
        ? ExitStatus.DENIED
        : ExitStatus.DONE;
  }

  private static Map<String, Object> row(GovernanceClient.Use use) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("leaf", use.leafIndex());
    row.put("ends", use.ends());
    row.put("review_by", use.reviewBy());
    row.put("review", use.reviewedBy().isPresent() ? "done" : use.overdue() ? "OVERDUE" : "due");
    row.put("used_by", Thumbprint.text(use.usedBy()));
    row.put("breakglass", use.grant().hex());
    use.endedBy().ifPresent(index -> row.put("ended_by", index));
    use.reviewedBy().ifPresent(index -> row.put("reviewed_by", index));
    return row;
  }
}
