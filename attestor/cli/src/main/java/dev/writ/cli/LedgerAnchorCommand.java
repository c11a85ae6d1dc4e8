// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.AnchorSetup;
import dev.writ.ledger.LedgerException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger anchor}: the TPM's counter of a service's ledger, while the service is stopped. */
@Command(
    name = "anchor",
    description = {
      "Makes the TPM's counter by which a ledger that has leaves is anchored from now on, as",
      "ledger.tpm_anchor of a service's configuration says. Where ledger and counter do not agree, it says",
      "how and changes nothing; with --accept it takes them as they are. The service is to be stopped."
    },
    mixinStandardHelpOptions = true)
final class LedgerAnchorCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration of writ serve.")
  Path config = Path.of("");

  @Option(
      names = "--accept",
      description =
          "Also where it may hide that the ledger was put back to an older copy: after you have found out"
              + " why they do not agree.")
  boolean accept;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    ServeConfig service = ServeConfig.read(config, Map.of());
    TpmRollbackCounter counter =
        service
            .counter()
            .orElseThrow(
                () ->
                    CommandFailure.configuration(
                        "the configuration must have ledger.tpm_anchor, and has not"))
            .counter();
    try {
      print(counter, AnchorSetup.run(service.ledger(), counter, accept));
    } catch (LedgerException e) {
      throw CommandFailure.configuration(e);
    }
    return ExitStatus.DONE;
  }

  private void print(TpmRollbackCounter counter, AnchorSetup.Done done) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("index", String.format("0x%08x", counter.index()));
    facts.put("count", done.count());
    facts.put("outcome", done.outcome().name().toLowerCase(Locale.ROOT));
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }
}
