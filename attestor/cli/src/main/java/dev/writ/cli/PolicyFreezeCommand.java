// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.GovernanceOrder.Kind;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy freeze}: rules see that the service is frozen. */
@Command(
    name = "freeze",
    description = {
      "Freezes the service by one policy approver's or operator's signature: from then on rules see the mode",
      "FROZEN, whatever they make of it, until operators lift it together (writ policy unfreeze). Policies are",
      "published, artifacts revoked and keys rotated all the same."
    },
    mixinStandardHelpOptions = true)
final class PolicyFreezeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "REASON", description = "Why; it stands in the ledger.")
  String reason = "";

  @Option(
      names = "--trust",
      required = true,
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_TRUST}",
      description =
          "The trust file that the signer believes, whose issuer is meant (or WRIT_TRUST).")
  Path trust = Path.of("");

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      defaultValue = "${env:WRIT_TRUST_SHA256}",
      description = "The trust file's SHA-256, as it was given out of band (or WRIT_TRUST_SHA256).")
  @Nullable String pin;

  @Mixin OrderOptions order = new OrderOptions();

  @Override
  public Integer call() throws CommandFailure {
    return order.give(
        new OrderOptions.Wanted(
            TrustOptions.read(trust, pin).content().issuer(),
            Kind.FREEZE,
            Optional.empty(),
            OptionalLong.empty(),
            reason),
        (client, signed) -> CommandFailure.granted(client.order(signed)),
        spec);
  }
}
