// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.PolicyTests;
import dev.writ.policy.TestReport;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ policy cover}: which rules of a document its tests hold. */
@Command(
    name = "cover",
    description = {
      "Says of each rule of a policy whether its tests hold it: whether it is true in one and false in",
      "another, and which test fails once the rule says the contrary, and once it is removed. Exits with 1",
      "if a rule is not held or a test fails."
    },
    mixinStandardHelpOptions = true)
final class PolicyCoverCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin AuthoredPolicy policy = new AuthoredPolicy();

  @Override
  public Integer call() throws CommandFailure {
    TestReport report = PolicyTests.run(PolicyFile.policy(policy.file));
    PrintWriter out = spec.commandLine().getOut();
    List<Map<String, Object>> rules =
        report.rules().stream().map(PolicyCoverCommand::members).toList();
    if (policy.output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("passed", report.passed());
      document.put("covers", report.covers());
      document.put("rules", rules);
      document.put("gaps", report.gaps());
      document.put("failures", report.failures());
      out.println(Printer.json(document));
    } else {
      new Table("rule", "mode", "seen_true", "seen_false", "negated", "removed")
          .print(out, policy.output, "rules", rules);
      Lines lines = new Lines();
      report.failures().forEach(lines::line);
      report.gaps().forEach(lines::line);
      long held = report.rules().stream().filter(TestReport.Covered::held).count();
      lines.line(held + " of " + report.rules().size() + " rules held");
      out.print(lines);
    }
    out.flush();
    return report.passed() && report.covers() ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private static Map<String, Object> members(TestReport.Covered covered) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("rule", covered.rule().id());
    members.put("mode", covered.rule().mode().wire());
    members.put("seen_true", covered.seenTrue());
    members.put("seen_false", covered.seenFalse());
    covered.negated().ifPresent(test -> members.put("negated", test));
    covered.removed().ifPresent(test -> members.put("removed", test));
    return members;
  }
}
