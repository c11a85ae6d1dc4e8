// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.Fsck;
import dev.writ.ledger.LedgerException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ ledger fsck}: the service's own store, while it is stopped. */
@Command(
    name = "fsck",
    description = {
      "Checks a service's store while the service is stopped: the whole tree from its leaves, every stored",
      "tile, head and checkpoint, what lies beside leaves, and the rows of state that follow from them. It",
      "changes nothing, and exits with 5 if something is wrong; that a payload was erased is not."
    },
    mixinStandardHelpOptions = true)
final class LedgerFsckCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @ArgGroup(multiplicity = "1")
  Of of = new Of();

  /** Of what. */
  static final class Of {
    @Parameters(
        paramLabel = "FOLDER",
        arity = "0..1",
        description = "The store's folder, as the service names it.")
    @Nullable Path folder;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "The store that this configuration of writ serve names, such as a database.")
    @Nullable Path config;

    Fsck open() throws CommandFailure, LedgerException {
      if (folder != null) {
        return Fsck.sqlite(folder);
      }
      if (config == null) {
        throw new IllegalStateException("a bug: either is given");
      }
      return Fsck.of(ServeConfig.read(config, Map.of()).ledger());
    }
  }

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    Faults faults = new Faults();
    try (Fsck fsck = of.open()) {
      Progress progress = new Progress(spec.commandLine().getErr(), "checked", fsck.size());
      Fsck.Checked checked = fsck.run(faults::add, progress::at);
      print(checked, faults);
    } catch (LedgerException e) {
      throw e.isDamage()
          ? CommandFailure.integrity("the store cannot be read whole: " + e.getMessage())
          : CommandFailure.configuration(e);
    }
    faults.requireNone("the store must be what its leaves say");
    return ExitStatus.DONE;
  }

  private void print(Fsck.Checked checked, Faults faults) {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("origin", checked.origin());
    facts.put("size", checked.size());
    facts.put("root", checked.root());
    facts.put("in_archive", checked.minimumIndex());
    facts.put("payloads", checked.payloads().named());
    facts.put("payloads_unnamed", checked.payloads().unnamed());
    facts.put("payloads_erased", checked.payloads().erased());
    faults.print(out, output, "whole", facts);
  }
}
