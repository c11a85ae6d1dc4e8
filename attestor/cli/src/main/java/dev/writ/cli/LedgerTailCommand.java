// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.VerifiedTiles;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger tail}: the newest leaves. */
@Command(
    name = "tail",
    description = {
      "Prints a line to each of the newest leaves, each proven under the checkpoint. An entry that is no",
      "leaf of Writ's is of kind 'unknown'."
    },
    mixinStandardHelpOptions = true)
final class LedgerTailCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      defaultValue = "10",
      description = "How many leaves (default: ${DEFAULT-VALUE}).")
  long lines = 10;

  @Option(names = "--from", paramLabel = "N", description = "All from this leaf on instead.")
  @Nullable Long from;

  @Option(
      names = {"-f", "--follow"},
      description = "Goes on with what the log grows by, until it is ended.")
  boolean follow;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "How often --follow asks for a checkpoint (default: ${DEFAULT-VALUE}).")
  int interval = 2;

  @Option(
      names = {"-o", "--output"},
      description =
          "How to print: ${COMPLETION-CANDIDATES}, one object a line (default:"
              + " ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (lines < 0 || (from != null && from < 0) || interval < 1) {
      throw CommandFailure.usage("--lines and --from must be 0 or more, --interval 1 or more");
    }
    OpenedLog opened = options.open();
    long next = from == null ? Math.max(0, opened.checkpoint().size() - lines) : from;
    next = print(opened, next);
    while (follow) {
      if (!Pause.of(Duration.ofSeconds(interval))) {
        return ExitStatus.DONE;
      }
      OpenedLog newer = OpenedLog.of(options, opened.log(), opened.belief());
      Growth.require(opened.checkpoint(), newer);
      next = print(newer, next);
      opened = newer;
    }
    return ExitStatus.DONE;
  }

  private long print(OpenedLog opened, long next) throws CommandFailure {
    PrintWriter out = spec.commandLine().getOut();
    VerifiedTiles tiles = opened.tiles();
    long end = tiles.size();
    if (next >= end) {
      return next;
    }
    return opened.reading(
        () -> {
          LogWalk.run(
              tiles,
              next,
              end,
              (index, entry) -> {
                Map<String, Object> line = LeafLine.of(index, entry);
                if (output == OutputFormat.json) {
                  out.println(Printer.json(line));
                } else {
                  Lines text = new Lines();
                  text.line(LeafLine.text(line));
                  out.print(text);
                }
                return true;
              });
          out.flush();
          return end;
        });
  }
}
