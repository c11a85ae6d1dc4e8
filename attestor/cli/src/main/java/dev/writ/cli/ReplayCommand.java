// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.LeafName;
import dev.writ.service.ReplayCounts;
import dev.writ.service.Replayed;
import dev.writ.service.Replayed.Standing;
import dev.writ.service.StoredRange;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ replay}: decisions decided once more. */
@Command(
    name = "replay",
    description = {
      "Decides once more what was decided, from the stored Evidence on: request, quote, key, appraisal,",
      "the policy's inputs, its decision and the artifact's claims, each compared with what is recorded,",
      "byte for byte. Of one decision every step is shown, of a range what is not the same."
    },
    footer = {
      "",
      "Ends with 0 where nothing differs, with 1 where a decision comes out otherwise, with 5 where stored",
      "bytes contradict the log, with 3 where the store cannot be read, with 4 where it does not answer.",
      "What was erased or never kept is counted apart, and is not called the same."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin StoreOptions store = new StoreOptions();

  @ArgGroup(multiplicity = "1")
  DecisionOrRange which = new DecisionOrRange();

  @Option(names = "--all", description = "Of a range, also show what is the same.")
  boolean all;

  @Option(
      names = {"-o", "--output"},
      description = {
        "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). Of a range json is one",
        "document a line, the counts last."
      })
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    Optional<LeafSpan.Wanted> range = which.wanted();
    ReplayCounts counts = new ReplayCounts();
    try (StoreOptions.Opened opened = store.open()) {
      if (which.decision != null) {
        Replayed replayed = one(opened, which.decision);
        print(replayed, true);
        counts.add(replayed);
      } else {
        range(opened, range.orElseThrow(), counts);
        print(counts, opened.ledger());
      }
    } catch (LedgerException e) {
      throw StoreOptions.failure(e);
    }
    spec.commandLine().getOut().flush();
    if (counts.of(Standing.CONTRADICTS) > 0) {
      return ExitStatus.INTEGRITY;
    }
    return counts.of(Standing.DIFFERS) > 0 ? ExitStatus.DENIED : ExitStatus.DONE;
  }

  private Replayed one(StoreOptions.Opened opened, String decision)
      throws CommandFailure, LedgerException {
    OptionalLong index = LeafName.of(LeafArgument.lower(decision)).indexIn(opened.ledger());
    Optional<StoredLedger.StoredLeaf> leaf =
        index.isPresent() ? opened.ledger().leaf(index.getAsLong()) : Optional.empty();
    Optional<Replayed> replayed =
        leaf.isPresent()
            ? opened.replay().on(leaf.get(), opened.ledger().payload(index.getAsLong()))
            : Optional.empty();
    return replayed.orElseThrow(
        () ->
            CommandFailure.invalid(
                "a decision must have the name "
                    + decision
                    + ", and none among the log's leaves has"));
  }

  private void range(StoreOptions.Opened opened, LeafSpan.Wanted range, ReplayCounts counts)
      throws CommandFailure, LedgerException, InterruptedException {
    LeafSpan leaves = range.of(opened.ledger().size());
    Progress progress = new Progress(spec.commandLine().getErr(), "replayed", leaves.count());
    new StoredRange(opened.ledger(), leaves.from(), leaves.to())
        .run(
            Runtime.getRuntime().availableProcessors(),
            opened.replay(),
            replayed -> {
              counts.add(replayed);
              if (all || replayed.standing() != Standing.SAME) {
                print(replayed, all);
              }
            },
            progress::at);
  }

  private void print(Replayed replayed, boolean whole) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(Printer.json(replayed.toMap()));
      return;
    }
    Lines lines = new Lines();
    lines.line(
        "leaf "
            + replayed.index()
            + replayed.id().map(id -> " " + id).orElse("")
            + " "
            + replayed.verdict()
            + ": "
            + Replayed.word(replayed.standing()));
    for (Replayed.Step step : replayed.steps()) {
      if (whole || !step.outcome().word().equals("same")) {
        String detail = step.outcome().detail();
        lines.line(
            String.format("  %-16s  %s", step.step().wire(), step.outcome().word())
                + (detail.isEmpty() ? "" : ": " + detail));
      }
    }
    out.print(lines);
  }

  private void print(ReplayCounts counts, StoredLedger ledger) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("origin", ledger.origin());
      facts.put("size", ledger.size());
      facts.put("root", ledger.root());
      facts.put("came", counts.came().hex());
      facts.put("replayed", counts.all());
      for (Standing standing : Standing.values()) {
        facts.put(Replayed.word(standing).replace(' ', '_'), counts.of(standing));
      }
      out.println(Printer.json(facts));
      return;
    }
    out.println(
        "log " + ledger.origin() + ", " + ledger.size() + " leaves under root " + ledger.root());
    out.println("came " + counts.came().hex());
    out.println(
        counts.all()
            + " replayed: "
            + counts.of(Standing.SAME)
            + " same, "
            + counts.of(Standing.DIFFERS)
            + " differ, "
            + counts.of(Standing.ERASED)
            + " erased, "
            + counts.of(Standing.NOT_KEPT)
            + " not kept, "
            + counts.of(Standing.CONTRADICTS)
            + " contradict");
  }
}
