// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperationDocuments;
import dev.writ.agent.ProposedChange;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ keys publish-trust}: proposes another trust file. */
@Command(
    name = "publish-trust",
    description = {
      "Proposes a trust file in which operators, approvers, gateways, TLS keys or the status source are",
      "others. Its version and the one before are set by the service; signing keys are changed by rotate."
    },
    mixinStandardHelpOptions = true)
final class KeysPublishTrustCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "What it is to say, in a trust file's form.")
  Path file = Path.of("");

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    try {
      TrustFile wanted = TrustFile.parse(BoundedFile.read(file, OperationDocuments.MAX_TRUST));
      return proposal.propose(new ProposedChange.PublishTrust(wanted), spec);
    } catch (IOException | MalformedTrustFileException e) {
      throw CommandFailure.configuration("the trust file " + file, e);
    }
  }
}
