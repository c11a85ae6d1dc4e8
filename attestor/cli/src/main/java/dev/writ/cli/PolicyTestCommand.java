// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.Conclusion;
import dev.writ.policy.Obligation;
import dev.writ.policy.PolicyCode;
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

/** {@code writ policy test}: whether a document decides as its own tests say. */
@Command(
    name = "test",
    description = {
      "Runs the tests that a policy carries, and says of each what was expected, what came, and which rules",
      "decided. Exits with 1 if one fails."
    },
    mixinStandardHelpOptions = true)
final class PolicyTestCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin AuthoredPolicy policy = new AuthoredPolicy();

  @Override
  public Integer call() throws CommandFailure {
    TestReport report = PolicyTests.run(PolicyFile.policy(policy.file));
    PrintWriter out = spec.commandLine().getOut();
    if (policy.output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("passed", report.passed());
      document.put("tests", report.tests().stream().map(PolicyTestCommand::members).toList());
      document.put("failures", report.failures());
      out.println(Printer.json(document));
    } else {
      out.print(text(report));
    }
    out.flush();
    return report.passed() ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private static Lines text(TestReport report) {
    Lines lines = new Lines();
    int width = report.tests().stream().mapToInt(ran -> ran.test().name().length()).max().orElse(0);
    report.tests().forEach(ran -> lines.line(line(ran, width)));
    report.failures().forEach(lines::line);
    long failed = report.tests().stream().filter(ran -> !ran.met()).count();
    lines.line(report.tests().size() - failed + " passed, " + failed + " failed");
    return lines;
  }

  private static String line(TestReport.Ran ran, int width) {
    String shadow =
        ran.shadow().equals(ran.came())
            ? ""
            : "; with rules in shadow mode "
                + ran.shadow().words()
                + " by "
                + String.join(", ", ran.shadowDecidedBy());
    return String.format("%-6s  %-" + width + "s  ", ran.met() ? "ok" : "FAILED", ran.test().name())
        + ran.came().words()
        + " by "
        + String.join(", ", ran.decidedBy())
        + shadow;
  }

  private static Map<String, Object> members(TestReport.Ran ran) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", ran.test().name());
    members.put("met", ran.met());
    members.put("expected", members(ran.test().expected()));
    members.put("came", members(ran.came()));
    members.put("decided_by", ran.decidedBy());
    members.put("shadow_expected", members(ran.test().shadow()));
    members.put("shadow_came", members(ran.shadow()));
    members.put("shadow_decided_by", ran.shadowDecidedBy());
    members.put("unwritten", ran.unwritten());
    return members;
  }

  private static Map<String, Object> members(Conclusion conclusion) {
    List<String> obligations = conclusion.obligations().stream().map(Obligation::wire).toList();
    return Map.of(
        "decision",
        conclusion.denial().map(PolicyCode::wire).orElse("allow"),
        "obligations",
        obligations);
  }
}
