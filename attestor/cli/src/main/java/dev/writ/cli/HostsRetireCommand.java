// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.HostStanding;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ hosts retire}: ends a host for ever. */
@Command(
    name = "retire",
    description = {
      "Retires a host, for ever: whatever it asks for is denied, all artifacts of it that stand are",
      "withdrawn, with all that were issued under them, and its name and keys are never enrolled again."
    },
    mixinStandardHelpOptions = true)
final class HostsRetireCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin HostStateOptions host = new HostStateOptions();

  @Override
  public Integer call() throws CommandFailure {
    return host.set(HostStanding.RETIRED, spec);
  }
}
