// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ revoke}: withdraws an artifact. */
@Command(
    name = "revoke",
    description = {
      "Withdraws an artifact: the ledger says so, and so does the status token that is in force",
      "when this command ends."
    },
    mixinStandardHelpOptions = true)
final class RevokeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JTI", description = "The artifact's jti.")
  String jti = "";

  @Option(
      names = "--reason",
      paramLabel = "WORD",
      defaultValue = "unspecified",
      description =
          "unspecified, key_compromise, host_compromised, superseded, ceased or policy_changed"
              + " (default: ${DEFAULT-VALUE}).")
  String reason = "unspecified";

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    UuidV7 artifact = parseJti();
    requireReason();
    OperatorClient.Revoked revoked =
        operator.ask(client -> CommandFailure.granted(client.revoke(artifact, reason)));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("jti", revoked.jti());
    facts.put("leaf_index", revoked.leafIndex());
    facts.put("time", revoked.time());
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
    return ExitStatus.DONE;
  }

  private UuidV7 parseJti() {
    try {
      return UuidV7.parse(jti);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "JTI: " + e.getMessage(), e);
    }
  }

  private void requireReason() {
    if (Arrays.stream(RevocationReason.values()).noneMatch(word -> word.wire().equals(reason))) {
      throw new ParameterException(
          spec.commandLine(),
          "--reason must be one of "
              + Arrays.stream(RevocationReason.values())
                  .map(RevocationReason::wire)
                  .collect(Collectors.joining(", "))
              + ", was "
              + reason);
    }
  }
}
