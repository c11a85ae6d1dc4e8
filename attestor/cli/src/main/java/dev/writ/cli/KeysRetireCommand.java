// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.KeyClient.KeyStep;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys retire}: ends a key before its time. */
@Command(
    name = "retire",
    description =
        "Ends a key whose successor signs already, before the end of their overlap: it signs nothing more.",
    mixinStandardHelpOptions = true)
final class KeysRetireCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin KeyArgument key = new KeyArgument();

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    return operator.step(key.kid, KeyStep.RETIRE, spec);
  }
}
