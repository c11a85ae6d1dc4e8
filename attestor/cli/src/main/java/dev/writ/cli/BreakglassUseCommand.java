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

/** {@code writ policy breakglass use}: the glass is broken, or mended before its time. */
@Command(
    name = "use",
    description = {
      "Uses a grant of break-glass: from now on, for as long as grant and policy let it last, rules see the",
      "mode BREAKGLASS, and what is issued ends with it. Whoever uses it signs that, as a policy approver or",
      "operator. With --end it ends at once. Somebody else reviews it: writ policy breakglass review."
    },
    mixinStandardHelpOptions = true)
final class BreakglassUseCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "GRANT", description = "The grant that its approvers signed.")
  Path file = Path.of("");

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "What happened, or why it can end; it stands in the ledger.")
  String reason = "";

  @Option(
      names = "--end",
      description = "Ends what the grant began, and revokes what was issued under it.")
  boolean end;

  @Option(
      names = "--over-freeze",
      description = {
        "Overrides the freeze that is in force, which takes this word; the freeze is there again at the end."
      })
  boolean overFreeze;

  @Mixin OrderOptions order = new OrderOptions();

  @Override
  public Integer call() throws CommandFailure {
    BreakglassGrant grant = GrantFile.read(file);
    if (end) {
      return order.give(
          wanted(grant, Kind.END, OptionalLong.empty()),
          (client, signed) -> CommandFailure.granted(client.order(signed)),
          spec);
    }
    OptionalLong frozenBy = order.standing().frozenBy();
    if (frozenBy.isPresent() != overFreeze) {
      throw CommandFailure.invalid(
          overFreeze
              ? "a freeze that is overridden must be in force, and none is: leave --over-freeze out"
              : "the service must not be frozen, and is by leaf "
                  + frozenBy.getAsLong()
                  + ": say --over-freeze if the emergency is worth it");
    }
    GrantFile.show(grant, spec.commandLine().getErr());
    return order.give(
        wanted(grant, Kind.USE, frozenBy),
        (client, signed) -> CommandFailure.granted(client.use(grant, signed)),
        spec);
  }

  private OrderOptions.Wanted wanted(BreakglassGrant grant, Kind kind, OptionalLong freeze) {
    return new OrderOptions.Wanted(
        grant.issuer(), kind, Optional.of(grant.digest()), freeze, reason);
  }
}
