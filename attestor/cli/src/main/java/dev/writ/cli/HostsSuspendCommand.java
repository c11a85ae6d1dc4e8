// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.HostStanding;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ hosts suspend}: lets a host do nothing more until it is resumed. */
@Command(
    name = "suspend",
    description = {
      "Suspends a host: whatever it asks for is denied until it is resumed, and all artifacts of it that",
      "stand are withdrawn, with all that were issued under them, when this command ends."
    },
    mixinStandardHelpOptions = true)
final class HostsSuspendCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin HostStateOptions host = new HostStateOptions();

  @Override
  public Integer call() throws CommandFailure {
    return host.set(HostStanding.SUSPENDED, spec);
  }
}
