// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ProposedChange;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys destroy}: proposes that a key go from its token. */
@Command(
    name = "destroy",
    description = {
      "Proposes that a key that is retired or compromised be destroyed in its token. What it signed is",
      "judged as before."
    },
    mixinStandardHelpOptions = true)
final class KeysDestroyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin KeyArgument key = new KeyArgument();

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    return proposal.propose(new ProposedChange.DestroyKey(key.kid), spec);
  }
}
