// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LineageGraph;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ lineage tree}: what came of something. */
@Command(
    name = "tree",
    description =
        "Tells what came of an artifact, execution or leaf: outcomes, withdrawals, children.",
    mixinStandardHelpOptions = true)
final class LineageTreeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "1",
      paramLabel = "ID",
      description = "An artifact's jti, an execution (with --open), or a leaf's index or hash.")
  String id = "";

  @Mixin LineageOptions options = new LineageOptions();

  @Override
  public Integer call() throws CommandFailure {
    LineageGraph graph = options.ask(lineage -> lineage.tree(LineageSubject.find(lineage, id)));
    LineageRootCommand.print(spec.commandLine().getOut(), options.output, graph, false);
    return ExitStatus.DONE;
  }
}
