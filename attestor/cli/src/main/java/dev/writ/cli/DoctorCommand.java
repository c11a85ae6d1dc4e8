// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.service.EnrolmentTerms;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ doctor}: whether this host's TPM can be enrolled, and what is missing if it cannot. */
@Command(
    name = "doctor",
    description = {
      "Reads the endorsement certificates of this host's TPM and the chain in its NV, looks for a path",
      "to a root as a service would that is configured so, and names the issuer that is missing.",
      "Changes nothing and asks nobody."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private static final String START_QUOTE = "start_quote";
  private static final String RETENTION = "payload_retention";
  private static final String ROLLBACK = "rollback";
  private static final String LEDGER_RETENTION = "ledger_retention";

  private static final int MAX_DRILL_DAYS = 3_650;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description = "How the TPM is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A service's configuration, whose endorsements and enrolment are taken, too.")
  @Nullable Path config;

  @Option(
      names = "--roots",
      paramLabel = "PATH",
      description =
          "The makers' roots: a file in PEM or DER, or a folder of such; may be repeated.")
  List<Path> roots = new ArrayList<>();

  @Option(
      names = "--intermediates",
      paramLabel = "PATH",
      description = "CAs below a root, likewise.")
  List<Path> intermediates = new ArrayList<>();

  @Option(
      names = "--revocation-lists",
      paramLabel = "PATH",
      description = "Revocation lists, likewise.")
  List<Path> revocationLists = new ArrayList<>();

  @Option(
      names = "--drill-days",
      paramLabel = "DAYS",
      defaultValue = "30",
      description = "With --config: how old the last drill may be (default: ${DEFAULT-VALUE}).")
  int drillDays = 30;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (drillDays < 1 || drillDays > MAX_DRILL_DAYS) {
      throw CommandFailure.usage("--drill-days must be from 1 to 3650, was " + drillDays);
    }
    Optional<ServeConfig> service =
        config == null ? Optional.empty() : Optional.of(configuration(config));
    EndorsementVerifier verifier = new EndorsementVerifier(trust(service));
    EnrolmentTerms terms = service.map(ServeConfig::enrolment).orElse(EnrolmentTerms.STANDARD);
    EndorsementDiagnosis diagnosis;
    try (Tpm opened = Tpm.open(tpm)) {
      diagnosis = EndorsementDiagnosis.of(opened, verifier, terms, Clock.systemUTC().instant());
    } catch (TpmException e) {
      throw CommandFailure.configuration("--tpm", e);
    }
    List<EndorsementDiagnosis.Check> ofService = new ArrayList<>();
    if (service.isPresent()) {
      ofService.add(anchoring(service.get()));
      ofService.add(rollback(service.get()));
      ofService.add(leaves(service.get()));
      ofService.add(retention(service.get()));
      ofService.add(
          new DrillDiagnosis(Duration.ofDays(drillDays), Clock.systemUTC().instant())
              .of(service.get().ledger()));
      ofService.add(ModeDiagnosis.of(service.get(), Clock.systemUTC()));
      service
          .get()
          .webhooks()
          .forEach(hook -> ofService.add(WebhookDiagnosis.of(hook, Clock.systemUTC())));
    }
    print(diagnosis, ofService);
    return diagnosis.canEnrol() ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private EndorsementTrust trust(Optional<ServeConfig> service) throws CommandFailure {
    EndorsementTrust given = EndorsementFiles.trust("--", roots, intermediates, revocationLists);
    if (service.isEmpty()) {
      return given;
    }
    ServeConfig.Endorsements files = service.get().endorsements();
    EndorsementTrust configured =
        EndorsementFiles.trust(
            "endorsements.", files.roots(), files.intermediates(), files.revocationLists());
    return new EndorsementTrust(
        both(given.roots(), configured.roots()),
        both(given.intermediates(), configured.intermediates()),
        both(given.crls(), configured.crls()));
  }

  /** Without the environment: it is this host's, and not the service's. */
  private static ServeConfig configuration(Path file) throws CommandFailure {
    try {
      return ServeConfig.read(file, Map.of(), Map.of());
    } catch (IOException e) {
      throw CommandFailure.configuration("the configuration " + file, e);
    } catch (MalformedConfigurationException e) {
      throw CommandFailure.configuration(e);
    }
  }

  private static <T> List<T> both(List<T> some, List<T> others) {
    List<T> all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }

  /** Whether the state of the service's own host comes into its ledger. */
  private static EndorsementDiagnosis.Check anchoring(ServeConfig service) {
    Optional<String> tpm = service.token().tpm();
    return tpm.isPresent()
        ? new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.passed,
            START_QUOTE,
            "service",
            "each start is anchored by a quote of the TPM at " + tpm.get(),
            Optional.empty(),
            Optional.empty())
        : new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.noted,
            START_QUOTE,
            "service",
            "the state of the service's own host is not anchored: its configuration names no TPM",
            Optional.of("name token.tpm, and writ keys start-quote verifies each start"),
            Optional.empty());
  }

  /** What would notice that the service's ledger was put back to an older copy. */
  private static EndorsementDiagnosis.Check rollback(ServeConfig service) {
    List<String> anchors = new ArrayList<>();
    service.ledger().anchor().ifPresent(file -> anchors.add("the file " + file));
    service.counter().ifPresent(counter -> anchors.add(counter.counter().toString()));
    String witnesses = "";
    try {
      if (ServeSetup.needsWitnesses(service)) {
        anchors.add("a quorum of witnesses");
      }
    } catch (CommandFailure e) {
      witnesses = "; whether by witnesses is not known (" + e.getMessage() + ")";
    }
    return anchors.isEmpty()
        ? new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.noted,
            ROLLBACK,
            "service",
            "that the ledger was put back to an older copy would go unseen: nothing anchors it"
                + witnesses,
            Optional.of(
                "name ledger.anchor or ledger.tpm_anchor, or a quorum of witnesses in the trust"
                    + " file's log_policy"),
            Optional.empty())
        : new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.passed,
            ROLLBACK,
            "service",
            "the ledger is anchored by " + String.join(", ", anchors) + witnesses,
            Optional.empty(),
            Optional.empty());
  }

  /** How long what lies beside leaves is kept, which names people and hosts. */
  private static EndorsementDiagnosis.Check retention(ServeConfig service) {
    String longer =
        "an enrolment's while its host is not revoked, the newest start's while it is that, policies"
            + " for ever";
    Optional<RetentionPeriod> period = service.retention();
    return period.isPresent()
        ? new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.passed,
            RETENTION,
            "service",
            "payloads are erased "
                + period.get().days()
                + " days after their leaves; longer are kept "
                + longer
                + ", the first two for as many days more",
            Optional.empty(),
            Optional.empty())
        : new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.noted,
            RETENTION,
            "service",
            "payloads, which name hosts and workloads, are kept until an operator erases them",
            Optional.of(
                "name ledger.payload_days, after which the service erases them; kept longer are then "
                    + longer),
            Optional.empty());
  }

  /** How long leaves stay in the ledger's store; the service publishes the same. */
  private static EndorsementDiagnosis.Check leaves(ServeConfig service) {
    return new EndorsementDiagnosis.Check(
        EndorsementDiagnosis.Result.noted,
        LEDGER_RETENTION,
        "service",
        service
            .ledger()
            .archive()
            .map(
                archive ->
                    "leaves move from the store to the archive "
                        + archive.folder()
                        + " after "
                        + archive.keepDays()
                        + " days, and are served from there")
            .orElse("leaves stay in the ledger's store for ever: no archive is configured"),
        Optional.empty(),
        Optional.empty());
  }

  private void print(EndorsementDiagnosis diagnosis, List<EndorsementDiagnosis.Check> ofService) {
    List<EndorsementDiagnosis.Check> checks = new ArrayList<>(diagnosis.checks());
    checks.addAll(ofService);
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("ok", diagnosis.canEnrol());
      document.put("checks", checks.stream().map(EndorsementDiagnosis.Check::members).toList());
      out.println(Printer.json(document));
    } else {
      checks.forEach(check -> check.printTo(out));
      out.println(
          diagnosis.canEnrol()
              ? "this host's TPM can be enrolled, as far as its endorsement goes"
              : "this host's TPM cannot be enrolled by a service that is configured so");
    }
    out.flush();
  }
}
