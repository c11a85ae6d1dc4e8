// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.LogExport;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ ledger export}: the log as files for any static web server. */
@Command(
    name = "export",
    description = {
      "Writes tiles, entry bundles and checkpoint as files, each proven before. Given the same folder again",
      "it goes on: nothing is written over but the checkpoint, by one that continues it."
    },
    mixinStandardHelpOptions = true)
final class LedgerExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @Parameters(index = "1", paramLabel = "FOLDER", description = "Where to; made if it is missing.")
  Path folder = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    OpenedLog opened = options.open();
    Progress progress =
        new Progress(spec.commandLine().getErr(), "exported", opened.checkpoint().size());
    LogExport.Outcome outcome =
        opened.reading(
            () ->
                LogExport.run(
                    opened.log(), opened.checkpoint(), opened.note(), folder, progress::at));
    if (outcome instanceof LogExport.Outcome.Refused refused) {
      Optional<String> pruned = opened.reading(opened::pruned);
      throw CommandFailure.integrity(
          refused.reason() + pruned.map(why -> " (" + why + ")").orElse(""));
    }
    LogExport.Outcome.Exported done = (LogExport.Outcome.Exported) outcome;
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("folder", folder);
    facts.put("size", done.size());
    facts.put("files_written", done.files());
    new Printer(spec.commandLine().getOut(), output).print(facts);
    return ExitStatus.DONE;
  }
}
