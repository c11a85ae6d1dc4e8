// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ProposedChange;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys accept-clock}: proposes that the service's clock be believed again. */
@Command(
    name = "accept-clock",
    description = {
      "Proposes that the service's clock be believed, though the ledger's newest leaf is of a later time:",
      "it was ahead when that leaf was written. Whoever signs has it compared with his own clock."
    },
    mixinStandardHelpOptions = true)
final class KeysAcceptClockCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    return proposal.propose(new ProposedChange.AcceptClock(), spec);
  }
}
