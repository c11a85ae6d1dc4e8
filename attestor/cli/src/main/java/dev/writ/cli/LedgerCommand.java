// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ ledger}: what an auditor does with a transparency log. */
@Command(
    name = "ledger",
    description = {
      "Reads a transparency log (c2sp.org/tlog-tiles), Writ's or another's, and believes its server",
      "nothing: a checkpoint by keys that are given, all else by proof from it. payload and erase are for",
      "operators of a service, and about what lies beside its leaves."
    },
    mixinStandardHelpOptions = true)
@Subcommands({
  LedgerVerifyCommand.class,
  LedgerCheckCommand.class,
  LedgerProofCommand.class,
  LedgerTailCommand.class,
  LedgerExportCommand.class,
  LedgerFsckCommand.class,
  LedgerAnchorCommand.class,
  LedgerMonitorCommand.class,
  LedgerPayloadCommand.class,
  LedgerEraseCommand.class
})
final class LedgerCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as verify");
  }
}
