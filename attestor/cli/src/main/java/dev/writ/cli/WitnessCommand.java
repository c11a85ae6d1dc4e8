// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Witness;
import dev.writ.service.DoorException;
import dev.writ.service.JsonLog;
import dev.writ.service.WitnessDoors;
import dev.writ.tlog.Cosigner;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ witness}: a witness of logs behind its doors, until a signal ends it. */
@Command(
    name = "witness",
    description = {
      "Runs a witness of transparency logs (c2sp.org/tlog-witness) as one YAML file says;",
      "docs/OPERATIONS.md lists its keys. It cosigns a log's head if that continues the one before.",
      "Prints one line with the addresses once it can be asked, and logs JSON to standard error."
    },
    mixinStandardHelpOptions = true)
@Subcommands(WitnessInitCommand.class)
final class WitnessCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration; WRIT_SECTION_KEY in the environment stands above it.")
  @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key such as listen.http, above file and environment.")
  Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (file == null) {
      throw new ParameterException(
          spec.commandLine(), "--config must be given, or a subcommand, such as init");
    }
    WitnessConfig config = WitnessConfig.read(file, settings);
    try {
      return serve(config, WitnessKeyFile.read(config.name(), config.key()));
    } catch (IOException | GeneralSecurityException e) {
      throw CommandFailure.configuration("key", e);
    }
  }

  private int serve(WitnessConfig config, Cosigner cosigner) throws CommandFailure {
    JsonLog log = JsonLog.install(JsonLog.standardError(), System.Logger.Level.INFO);
    Clock clock = Clock.systemUTC();
    try (Witness witness =
        Witness.open(config.folder(), cosigner, config.rule(), clock, WitnessDoors::logFork)) {
      WitnessDoors doors = WitnessDoors.open(witness, config.doors(), clock);
      new Drain(List.of(doors, witness)).atSignal(log);
      new ReadyLine(config.listen(), doors.plainPort(), doors.tlsPort())
          .print(spec.commandLine().getOut(), output);
      return Drain.awaitSignal();
    } catch (LedgerException | DoorException e) {
      log.close();
      throw CommandFailure.configuration(e);
    }
  }
}
