// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ keys}: the service's keys in their token. */
@Command(
    name = "keys",
    description = "The keys of a service, which live in a PKCS#11 token.",
    mixinStandardHelpOptions = true)
@Subcommands({
  KeysInitCommand.class,
  KeysListCommand.class,
  KeysAuditCommand.class,
  KeysStartQuoteCommand.class,
  KeysOperationsCommand.class,
  KeysWithdrawCommand.class,
  KeysPlanCommand.class,
  KeysRotateCommand.class,
  KeysActivateCommand.class,
  KeysRetireCommand.class,
  KeysCompromiseCommand.class,
  KeysDestroyCommand.class,
  KeysPublishTrustCommand.class,
  KeysAcceptClockCommand.class,
  KeysSealPinCommand.class
})
final class KeysCommand implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand must be given, such as init");
  }
}
