// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder.Kind;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy breakglass review}: what somebody found who did not use it. */
@Command(
    name = "review",
    description = {
      "Records that a break-glass that is over was reviewed, by one of the policy's breakglass.approvers who",
      "did not use it. Where it is overdue no other break-glass begins. What was done under it is found with",
      "writ lineage tree of its leaf."
    },
    mixinStandardHelpOptions = true)
final class BreakglassReviewCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "GRANT", description = "The grant that was used.")
  Path file = Path.of("");

  @Option(
      names = "--finding",
      required = true,
      paramLabel = "TEXT",
      description = "What the review found; it stands in the ledger.")
  String finding = "";

  @Mixin OrderOptions order = new OrderOptions();

  @Override
  public Integer call() throws CommandFailure {
    BreakglassGrant grant = GrantFile.read(file);
    return order.give(
        new OrderOptions.Wanted(
            grant.issuer(),
            Kind.REVIEW,
            Optional.of(grant.digest()),
            OptionalLong.empty(),
            finding),
        (client, signed) -> CommandFailure.granted(client.order(signed)),
        spec);
  }
}
