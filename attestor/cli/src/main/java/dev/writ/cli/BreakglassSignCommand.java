// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BreakglassGrant;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy breakglass sign}: an approver's word for a grant. */
@Command(
    name = "sign",
    description = {
      "Shows what a grant of break-glass is, and adds a signature to it once that is confirmed. Whose word",
      "counts is judged when it is used, by the policy and the trust file that are then in force."
    },
    mixinStandardHelpOptions = true)
final class BreakglassSignCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "GRANT", description = "The grant; the signature is added to the file.")
  Path file = Path.of("");

  @Mixin SignerOptions signer = new SignerOptions();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    BreakglassGrant grant = GrantFile.read(file);
    try (OperatorKey key = signer.open()) {
      if (grant.signatures().stream().anyMatch(each -> each.kid().equals(key.kid()))) {
        throw CommandFailure.invalid(
            "the grant must have no signature of this key yet, and has one of "
                + Thumbprint.text(key.kid()));
      }
      GrantFile.show(grant, spec.commandLine().getErr());
      signer.confirm();
      BreakglassGrant signed = grant.with(key.sign(grant.signingInput()));
      GrantFile.write(file, signed);
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("breakglass", grant.digest().hex());
      facts.put("signer", Thumbprint.text(key.kid()));
      facts.put("signatures", signed.signatures().size());
      new Printer(spec.commandLine().getOut(), output).print(facts);
    }
    return ExitStatus.DONE;
  }
}
