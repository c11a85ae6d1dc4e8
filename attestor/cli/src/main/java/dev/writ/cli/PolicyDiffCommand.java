// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.PolicyDiff;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy diff}: what the second of two documents changes. */
@Command(
    name = "diff",
    description = {
      "Says what the second of two policies changes, by rules, constants, reference sets, tests and all",
      "other members; comments, white space and the order of members are no difference."
    },
    mixinStandardHelpOptions = true)
final class PolicyDiffCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "BEFORE", description = "A policy, JSON or YAML.")
  Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "AFTER", description = "Another.")
  Path after = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    List<PolicyDiff.Change> changes =
        PolicyDiff.of(PolicyFile.document(before), PolicyFile.document(after));
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(
          Printer.json(
              Map.of("changes", changes.stream().map(PolicyDiffCommand::members).toList())));
    } else {
      out.print(text(changes));
    }
    out.flush();
    return ExitStatus.DONE;
  }

  /** All changes, for people. */
  static Lines text(List<PolicyDiff.Change> changes) {
    Lines lines = new Lines();
    for (PolicyDiff.Change change : changes) {
      lines.line(change.kind().wire() + " " + words(change.part()) + " " + change.name());
      lines.block(change.diff());
    }
    if (changes.isEmpty()) {
      lines.line("no difference");
    }
    return lines;
  }

  private static String words(PolicyDiff.Part part) {
    return part.wire().replace('_', ' ');
  }

  private static Map<String, Object> members(PolicyDiff.Change change) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("kind", change.kind().wire());
    members.put("part", change.part().wire());
    members.put("name", change.name());
    members.put("diff", change.diff());
    return members;
  }
}
