// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.KeyClient.KeyStep;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys activate}: has an announced key sign. */
@Command(
    name = "activate",
    description =
        "Has an announced key sign, where its time has come: the service does so by itself within a second.",
    mixinStandardHelpOptions = true)
final class KeysActivateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin KeyArgument key = new KeyArgument();

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    return operator.step(key.kid, KeyStep.ACTIVATE, spec);
  }
}
