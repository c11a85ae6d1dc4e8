// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ hosts}: which hosts are enrolled, and how they stand. */
@Command(
    name = "hosts",
    description = {
      "Lists enrolled hosts, and suspends, resumes or retires one. A host that is not active is denied",
      "whatever it asks for, and what it had is withdrawn when the command ends."
    },
    mixinStandardHelpOptions = true)
@Subcommands({
  HostsListCommand.class,
  HostsSuspendCommand.class,
  HostsResumeCommand.class,
  HostsRetireCommand.class
})
final class HostsCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as list");
  }
}
