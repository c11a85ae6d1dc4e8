// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.ExportFormat;
import dev.writ.lineage.LineageExport;
import dev.writ.lineage.LineageGraph;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ lineage export}: lineage as others' tools read it. */
@Command(
    name = "export",
    description = {
      "Prints a range, or what ID comes from, as W3C PROV-JSON, OpenLineage events, or in-toto",
      "statements, in canonical JSON. Statements are unsigned."
    },
    mixinStandardHelpOptions = true)
final class LineageExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "1",
      paramLabel = "ID",
      arity = "0..1",
      description = "An artifact's jti, an execution (with --open), or a leaf's index or hash.")
  @Nullable String id;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "NAME",
      description = "prov, openlineage, vsa or svr.")
  String format = "";

  @Mixin LineageOptions options = new LineageOptions();
  @Mixin LeafRange range = new LeafRange();

  @Override
  public Integer call() throws CommandFailure {
    ExportFormat wanted = wanted();
    byte[] documents =
        options.ask(
            lineage -> {
              LineageGraph graph =
                  id == null
                      ? lineage.range(range.from, range.end(lineage.source().checkpoint().size()))
                      : lineage.root(LineageSubject.find(lineage, id));
              return LineageExport.of(lineage, graph, wanted);
            });
    spec.commandLine().getOut().print(new String(documents, StandardCharsets.UTF_8));
    spec.commandLine().getOut().flush();
    return ExitStatus.DONE;
  }

  private ExportFormat wanted() throws CommandFailure {
    return Arrays.stream(ExportFormat.values())
        .filter(known -> known.wire().equals(format))
        .findFirst()
        .orElseThrow(
            () ->
                CommandFailure.usage(
                    "--format must be one of "
                        + Arrays.stream(ExportFormat.values())
                            .map(ExportFormat::wire)
                            .collect(Collectors.joining(", "))
                        + ", was "
                        + format));
  }
}
