// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.PolicyLint;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ policy lint}: what is wrong with a document, and what is probably not meant. */
@Command(
    name = "lint",
    description = {
      "Says what is wrong with a policy, all faults at once where one does not hide the other, and warns of",
      "what is allowed and probably not meant. Exits with 3 if something is wrong; warnings are none."
    },
    mixinStandardHelpOptions = true)
final class PolicyLintCommand implements Callable<Integer> {
  private final Clock clock = Clock.systemUTC();

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin AuthoredPolicy policy = new AuthoredPolicy();

  @Option(names = "--strict", description = "Exits with 1 if there is a warning.")
  boolean strict;

  @Override
  public Integer call() throws CommandFailure {
    PolicyLint.Report report = PolicyLint.of(PolicyFile.authored(policy.file), clock.instant());
    print(report);
    if (!report.faults().isEmpty()) {
      return ExitStatus.CONFIGURATION;
    }
    return strict && !report.warnings().isEmpty() ? ExitStatus.DENIED : ExitStatus.DONE;
  }

  private void print(PolicyLint.Report report) {
    PrintWriter out = spec.commandLine().getOut();
    if (policy.output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("faults", report.faults().stream().map(PolicyLintCommand::members).toList());
      document.put("warnings", report.warnings().stream().map(PolicyLintCommand::members).toList());
      out.println(Printer.json(document));
    } else {
      Lines lines = new Lines();
      add(lines, "fault: ", report.faults());
      add(lines, "warning: ", report.warnings());
      lines.line(
          Lines.count(report.faults().size(), "fault")
              + ", "
              + Lines.count(report.warnings().size(), "warning"));
      out.print(lines);
    }
    out.flush();
  }

  private void add(Lines lines, String kind, List<PolicyLint.Finding> findings) {
    findings.forEach(
        each ->
            lines.line(
                PolicyFile.place(policy.file, each.line(), each.column())
                    + kind
                    + each.sentence()));
  }

  private static Map<String, Object> members(PolicyLint.Finding finding) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("line", finding.line());
    members.put("column", finding.column());
    members.put("sentence", finding.sentence());
    return members;
  }
}
