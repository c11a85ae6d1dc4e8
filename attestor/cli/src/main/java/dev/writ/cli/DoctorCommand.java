// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description = "How the TPM is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

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
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    EndorsementTrust trust = EndorsementFiles.trust("--", roots, intermediates, revocationLists);
    EndorsementDiagnosis diagnosis;
    try (Tpm opened = Tpm.open(tpm)) {
      diagnosis =
          EndorsementDiagnosis.of(
              opened, new EndorsementVerifier(trust), Clock.systemUTC().instant());
    } catch (TpmException e) {
      throw CommandFailure.configuration("--tpm", e);
    }
    print(diagnosis);
    return diagnosis.canEnrol() ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private void print(EndorsementDiagnosis diagnosis) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("ok", diagnosis.canEnrol());
      document.put(
          "checks", diagnosis.checks().stream().map(EndorsementDiagnosis.Check::members).toList());
      out.println(Printer.json(document));
    } else {
      diagnosis.checks().forEach(check -> check.printTo(out));
      out.println(
          diagnosis.canEnrol()
              ? "this host's TPM can be enrolled, as far as its endorsement goes"
              : "this host's TPM cannot be enrolled by a service that is configured so");
    }
    out.flush();
  }
}
