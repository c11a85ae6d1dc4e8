// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ProposedChange;
import dev.writ.artifact.KeyRole;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ keys rotate}: proposes another key for a role. */
@Command(
    name = "rotate",
    description = {
      "Makes the next key of a role in the token and proposes that it sign from a time on. Once enough",
      "operators have approved it, verifiers are told of it in a new trust file; at its time it signs."
    },
    mixinStandardHelpOptions = true)
final class KeysRotateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "ROLE",
      converter = SigningRole.class,
      description = "issuer, status, checkpoint, tls or attestation.")
  KeyRole role = KeyRole.ISSUER;

  @Option(
      names = "--lead",
      paramLabel = "TIME",
      defaultValue = "10m",
      converter = LeadConverter.class,
      description = {
        "From the end of --valid until the key signs, such as 10m or 0: in it verifiers follow (default:",
        "${DEFAULT-VALUE})."
      })
  Duration lead = Duration.ofMinutes(10);

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    return proposal.propose(new ProposedChange.RotateKey(role, lead), spec);
  }

  /** A time span, or none. */
  static final class LeadConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return text.matches("0[smhd]?")
          ? Duration.ZERO
          : new EnrolCommand.TimeConverter().convert(text);
    }
  }
}
