// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LineageGraph;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ lineage root}: what something comes from. */
@Command(
    name = "root",
    description = "Tells what an artifact, execution or leaf comes from, back to policy and keys.",
    mixinStandardHelpOptions = true)
final class LineageRootCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "1",
      paramLabel = "ID",
      description = "An artifact's jti, an execution (with --open), or a leaf's index or hash.")
  String id = "";

  @Mixin LineageOptions options = new LineageOptions();

  @Override
  public Integer call() throws CommandFailure {
    LineageGraph graph = options.ask(lineage -> lineage.root(LineageSubject.find(lineage, id)));
    print(spec.commandLine().getOut(), options.output, graph, true);
    return ExitStatus.DONE;
  }

  static void print(PrintWriter out, OutputFormat format, LineageGraph graph, boolean newestFirst) {
    if (format == OutputFormat.json) {
      out.println(new String(graph.toJson(), StandardCharsets.UTF_8));
    } else {
      out.print(LineageText.of(graph, newestFirst));
    }
    out.flush();
  }
}
