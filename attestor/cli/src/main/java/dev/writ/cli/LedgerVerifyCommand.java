// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TreeAudit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger verify}: rebuilds a whole log from its entries. */
@Command(
    name = "verify",
    description = {
      "Rebuilds the tree of the newest checkpoint from every entry, compares each hash of each tile, and",
      "says which entry or tile is wrong. Exits with 5 if one is."
    },
    mixinStandardHelpOptions = true)
final class LedgerVerifyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @Option(
      names = "--from",
      paramLabel = "INDEX",
      defaultValue = "0",
      description = {
        "From the bundle of 256 on that holds this entry, for a log that serves no older ones; the tiles",
        "above say what those were (default: ${DEFAULT-VALUE})."
      })
  long from;

  @Option(names = "--leaves", description = "Each entry must be a leaf of Writ's, too.")
  boolean leaves;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    OpenedLog opened = options.open();
    Checkpoint checkpoint = opened.checkpoint();
    if (from < 0 || from > checkpoint.size()) {
      throw CommandFailure.usage(
          "--from must be 0 to the log's size " + checkpoint.size() + ", was " + from);
    }
    long first = from - from % Tile.WIDTH;
    Audit audit =
        new Audit(leaves, new Progress(spec.commandLine().getErr(), "verified", checkpoint.size()));
    Integer unused =
        opened.reading(
            () -> {
              TreeAudit.run(opened.log(), checkpoint.size(), checkpoint.root(), first, audit);
              return 0;
            });
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("origin", checkpoint.origin());
    facts.put("size", checkpoint.size());
    facts.put("root", checkpoint.root());
    if (first > 0) {
      facts.put("from", first);
    }
    audit.faults.print(spec.commandLine().getOut(), output, "verified", facts);
    requireNone(opened, audit.faults);
    return ExitStatus.DONE;
  }

  private static void requireNone(OpenedLog opened, Faults faults) throws CommandFailure {
    Optional<String> pruned = faults.any() ? opened.reading(opened::pruned) : Optional.empty();
    faults.requireNone(
        "the log must be what its checkpoint says"
            + pruned.map(why -> " (" + why + ")").orElse(""));
  }

  private static final class Audit implements TreeAudit.Listener {
    private final boolean leaves;
    private final Progress progress;
    private final Faults faults = new Faults();

    Audit(boolean leaves, Progress progress) {
      this.leaves = leaves;
      this.progress = progress;
    }

    @Override
    public void entries(long first, List<byte[]> entries) {
      progress.at(first);
      for (int i = 0; leaves && i < entries.size(); i++) {
        try {
          var unused = Leaf.parse(entries.get(i));
        } catch (MalformedLeafException e) {
          fault(
              new TreeAudit.Fault(
                  "entry " + (first + i), "a leaf of Writ's", "none: " + e.getMessage()));
        }
      }
    }

    @Override
    public void fault(TreeAudit.Fault fault) {
      faults.add(fault);
    }
  }
}
