// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LineageCheck;
import dev.writ.tlog.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ lineage check}: whether a range of leaves hangs together. */
@Command(
    name = "check",
    description = {
      "Checks that each outcome in a range has its verification, artifact, allow and request, that",
      "every parent is an earlier leaf and agrees, and what else leaves let one check. Exits with 1",
      "if a leaf breaks a rule, and with 5 if the log shows what its checkpoint does not cover."
    },
    mixinStandardHelpOptions = true)
final class LineageCheckCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LineageOptions options = new LineageOptions();
  @Mixin LeafRange range = new LeafRange();

  @Option(
      names = "--metrics",
      paramLabel = "FILE",
      description =
          "Also puts what was found into FILE, in Prometheus' text format, for a node's textfile"
              + " collector.")
  @Nullable Path metrics;

  @Override
  public Integer call() throws CommandFailure {
    LineageMetrics checked =
        options.ask(
            lineage -> {
              Checkpoint checkpoint = lineage.source().checkpoint();
              LineageCheck.Report found =
                  LineageCheck.check(lineage, range.from, range.end(checkpoint.size()));
              return new LineageMetrics(
                  checkpoint.origin(), found, InstantSource.system().instant());
            });
    if (metrics != null) {
      try {
        checked.write(metrics);
      } catch (IOException e) {
        throw CommandFailure.configuration("--metrics", e);
      }
    }
    LineageCheck.Report report = checked.report();
    PrintWriter out = spec.commandLine().getOut();
    if (options.output == OutputFormat.json) {
      out.println(new String(report.toJson(), StandardCharsets.UTF_8));
    } else {
      out.print(text(report));
    }
    out.flush();
    return report.holds() ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private static String text(LineageCheck.Report report) {
    Lines lines = new Lines();
    report
        .findings()
        .forEach(
            finding ->
                lines.line(
                    "leaf "
                        + finding.leaf()
                        + "  "
                        + finding.rule().wire()
                        + "  "
                        + finding.sentence()));
    if (report.findingsLeftOut() > 0) {
      lines.line(report.findingsLeftOut() + " findings more are not told");
    }
    lines.line(
        "leaves "
            + report.start()
            + " to "
            + report.end()
            + ": "
            + report.complete()
            + " of "
            + report.outcomes()
            + " outcomes are complete, "
            + report.orphans()
            + " orphans, "
            + (report.findings().size() + report.findingsLeftOut())
            + " findings");
    return lines.toString();
  }
}
