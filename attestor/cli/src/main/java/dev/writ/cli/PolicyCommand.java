// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ policy}: what a policy says, and that it is in force. */
@Command(
    name = "policy",
    description = "Helps whoever writes, signs or publishes a policy.",
    mixinStandardHelpOptions = true)
@Subcommands({
  PolicyInitCommand.class,
  PolicyLintCommand.class,
  PolicyTestCommand.class,
  PolicyCoverCommand.class,
  PolicyDiffCommand.class,
  PolicyBuildCommand.class,
  PolicyImpactCommand.class,
  PolicyShadowCommand.class,
  PolicyLearnCommand.class,
  PolicyKeyCommand.class,
  PolicySignCommand.class,
  PolicyPublishCommand.class,
  PolicyListCommand.class,
  PolicyShowCommand.class,
  PolicyBreakglassCommand.class,
  PolicyFreezeCommand.class,
  PolicyUnfreezeCommand.class
})
final class PolicyCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as lint");
  }
}
