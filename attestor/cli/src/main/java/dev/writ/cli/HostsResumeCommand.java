// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.HostStanding;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ hosts resume}: lets a suspended host ask again. */
@Command(
    name = "resume",
    description = {
      "Resumes a host that is suspended: it may ask again. Nothing that was withdrawn comes back."
    },
    mixinStandardHelpOptions = true)
final class HostsResumeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin HostStateOptions host = new HostStateOptions();

  @Override
  public Integer call() throws CommandFailure {
    return host.set(HostStanding.ACTIVE, spec);
  }
}
