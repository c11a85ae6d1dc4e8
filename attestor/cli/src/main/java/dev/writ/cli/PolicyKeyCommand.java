// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ policy key}: how a key is called in policies and trust files. */
@Command(
    name = "key",
    description = {
      "Prints the public half of a key that signs policies: its thumbprint, which a policy has as author, and",
      "its JWK, which a trust file has among policy_approvers or operators."
    },
    mixinStandardHelpOptions = true)
final class PolicyKeyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--key",
      required = true,
      paramLabel = "KEY",
      description = "The private key, as writ policy sign takes it.")
  String key = "";

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    try (OperatorKey opened = OperatorKey.named("--key", key)) {
      Map<String, Object> jwk = opened.publicKey().toMap();
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("kid", Thumbprint.text(opened.kid()));
      facts.put("jwk", output == OutputFormat.json ? jwk : Printer.json(jwk));
      new Printer(spec.commandLine().getOut(), output).print(facts);
    }
    return ExitStatus.DONE;
  }
}
