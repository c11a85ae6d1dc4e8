// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.service.DoorException;
import dev.writ.service.Doors;
import dev.writ.service.JsonLog;
import dev.writ.service.ServiceStartException;
import dev.writ.service.Webhooks;
import dev.writ.service.WritService;
import java.nio.file.Path;
import java.security.Provider;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ serve}: the service behind its doors, until a signal ends it. */
@Command(
    name = "serve",
    description = {
      "Runs the service as one YAML file says; docs/OPERATIONS.md lists its keys.",
      "Prints one line with the addresses once it can be asked, and logs JSON to standard error.",
      "SIGTERM finishes what is under way and ends it."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  private final InstantSource clock;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration; WRIT_SECTION_KEY in the environment stands above it.")
  Path file = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key such as listen.http, above file and environment.")
  Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--check",
      description = "Only says whether it would start; no ledger is opened, no door.")
  boolean check;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** By this machine's clock. */
  ServeCommand() {
    this(Clock.systemUTC());
  }

  /** By another clock, which no option names. */
  ServeCommand(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() throws CommandFailure {
    ServeConfig config = ServeConfig.read(file, settings);
    Provider signatures = BulkVerification.provider();
    try (ServeSetup setup = ServeSetup.open(config, signatures, clock, new SecureRandom())) {
      if (check) {
        print(setup, signatures);
        return ExitStatus.DONE;
      }
      return serve(config, setup);
    }
  }

  private int serve(ServeConfig config, ServeSetup setup) throws CommandFailure {
    JsonLog log = JsonLog.install(JsonLog.standardError(), level(config.logLevel()));
    try (WritService service = WritService.start(setup.setup())) {
      // Closed in the opposite order by the signal that ends the process: first no more requests.
      Doors doors = Doors.open(service, setup.doors(), setup.setup().clock());
      Webhooks webhooks =
          Webhooks.open(
              service, config.webhooks().stream().map(place -> place.hook(clock)).toList(), clock);
      new Drain(List.of(doors, webhooks, service, setup)).atSignal(log);
      new ReadyLine(config, doors).print(spec.commandLine().getOut(), output);
      return Drain.awaitSignal();
    } catch (LedgerException | ServiceStartException | DoorException e) {
      log.close();
      throw CommandFailure.configuration(e);
    }
  }

  private void print(ServeSetup setup, Provider signatures) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("issuer", setup.setup().identity().issuer());
    facts.put("tenant", setup.setup().identity().tenant());
    facts.put("ledger", setup.setup().identity().origin());
    facts.put("policy", setup.setup().policy().document().id());
    facts.put("policy_version", setup.setup().policy().document().version());
    setup.setup().retention().ifPresent(period -> facts.put("payload_days", period.days()));
    facts.put("assurance", setup.setup().trust().content().assurance().wire());
    facts.put("trust_sha256", setup.setup().trust().digest().hex());
    facts.put("signatures", signatures.getName());
    facts.put("ok", true);
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }

  private static System.Logger.Level level(ServeConfig.LogLevel level) {
    return switch (level) {
      case error -> System.Logger.Level.ERROR;
      case warning -> System.Logger.Level.WARNING;
      case info -> System.Logger.Level.INFO;
      case debug -> System.Logger.Level.DEBUG;
    };
  }
}
