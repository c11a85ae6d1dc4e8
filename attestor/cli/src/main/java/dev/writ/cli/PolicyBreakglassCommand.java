// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ policy breakglass}: what is kept in a safe for an emergency, and what becomes of it. */
@Command(
    name = "breakglass",
    description = {
      "Prepares and signs grants of break-glass, which are kept in a safe; uses one, once, in an emergency;",
      "and records the review that is due after it. What a break-glass changes is the mode that rules see."
    },
    mixinStandardHelpOptions = true)
@Subcommands({
  BreakglassPrepareCommand.class,
  BreakglassSignCommand.class,
  BreakglassUseCommand.class,
  BreakglassReviewCommand.class,
  BreakglassStatusCommand.class
})
final class PolicyBreakglassCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as status");
  }
}
