// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient.KeyStep;
import dev.writ.tlog.Hash;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ keys activate}: has an announced key sign. */
@Command(
    name = "activate",
    description =
        "Has an announced key sign, where its time has come: the service does so by itself within a second.",
    mixinStandardHelpOptions = true)
final class KeysActivateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "KID",
      converter = Thumbprint.class,
      description = "The key's thumbprint; see writ keys list.")
  Hash kid = Hash.of(new byte[Hash.BYTES]);

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    return operator.step(kid, KeyStep.ACTIVATE, spec);
  }
}
