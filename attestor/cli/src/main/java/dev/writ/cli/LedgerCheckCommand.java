// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.TrustFile;
import dev.writ.ledger.LedgerRules;
import dev.writ.tlog.VerifiedTiles;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger check}: what must hold between the leaves of a service's ledger. */
@Command(
    name = "check",
    description = {
      "Checks what must hold between leaves, as far as the log alone says it, and exits with 1 at the first",
      "that breaks a rule. With --trust an issuer key's use is compared with its window, too."
    },
    mixinStandardHelpOptions = true)
final class LedgerCheckCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @Mixin LeafRange range = new LeafRange();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    OpenedLog opened = options.open();
    VerifiedTiles tiles = opened.tiles();
    long end = range.end(tiles.size());
    LedgerRules rules = new LedgerRules(opened.belief().trust().map(TrustFile::content));
    Progress progress = new Progress(spec.commandLine().getErr(), "checked", end);
    Optional<LedgerRules.Violation> first =
        opened.reading(
            () -> {
              Found found = new Found();
              LogWalk.run(
                  tiles,
                  0,
                  end,
                  (index, entry) -> {
                    progress.at(index);
                    found.violation = rules.take(index, entry).filter(v -> v.index() >= range.from);
                    return found.violation.isEmpty();
                  });
              return found.violation;
            });
    print(opened, end, first);
    if (first.isPresent()) {
      throw CommandFailure.invalid(
          "leaf "
              + first.get().index()
              + " breaks "
              + first.get().rule().wire()
              + ": "
              + first.get().reason());
    }
    return ExitStatus.DONE;
  }

  private static final class Found {
    private Optional<LedgerRules.Violation> violation = Optional.empty();
  }

  private void print(OpenedLog opened, long end, Optional<LedgerRules.Violation> first) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("origin", opened.checkpoint().origin());
    facts.put("from", range.from);
    facts.put("to", end);
    facts.put("holds", first.isEmpty());
    first.ifPresent(
        violation -> {
          facts.put("leaf", violation.index());
          facts.put("rule", violation.rule().wire());
          facts.put("reason", violation.reason());
        });
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }
}
