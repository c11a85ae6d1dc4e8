// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ lineage}: who caused what, computed from a log alone. */
@Command(
    name = "lineage",
    description = {
      "Tells from a log who caused what. The log is believed by its signed checkpoint, and nobody for",
      "showing it; whatever is told is proven against that."
    },
    mixinStandardHelpOptions = true)
@Subcommands({
  LineageRootCommand.class,
  LineageTreeCommand.class,
  LineageCheckCommand.class,
  LineageExportCommand.class,
  LineageSearchCommand.class,
  LineageVerifyCommand.class
})
final class LineageCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as root");
  }
}
