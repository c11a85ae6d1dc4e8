// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ProposedChange;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ policy unfreeze}: proposes that a freeze be lifted. */
@Command(
    name = "unfreeze",
    description = {
      "Proposes that the freeze in force be lifted, which takes as many operators as any operation: the others",
      "approve it with writ approve. A freeze that comes later is another."
    },
    mixinStandardHelpOptions = true)
final class PolicyUnfreezeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    return proposal.propose(new ProposedChange.Unfreeze(), spec);
  }
}
