// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ProposedChange;
import dev.writ.agent.ProposedChange.Since;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ keys compromise}: proposes that a key be believed no more. */
@Command(
    name = "compromise",
    description = {
      "Proposes that what a key signed be believed no more: all of it, or what stands in the ledger from",
      "an index or a time on. A key that signs now is replaced at once when it is approved."
    },
    mixinStandardHelpOptions = true)
final class KeysCompromiseCommand implements Callable<Integer> {
  private static final long MAX_INDEX = (1L << 53) - 1;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin KeyArgument key = new KeyArgument();

  @Option(
      names = "--from-index",
      paramLabel = "N",
      description = "Of an issuer's key: the first leaf whose artifact is not believed.")
  @Nullable Long fromIndex;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Of an issuer's key: since when, such as 2026-11-21T12:00:00Z.")
  @Nullable Instant since;

  @Mixin ProposalOptions proposal = new ProposalOptions();

  @Override
  public Integer call() throws CommandFailure {
    return proposal.propose(new ProposedChange.CompromiseKey(key.kid, from()), spec);
  }

  private Since from() throws CommandFailure {
    if (fromIndex != null && since != null) {
      throw CommandFailure.usage("one of --from-index and --since must be given at most, both are");
    }
    if (fromIndex != null) {
      if (fromIndex < 0 || fromIndex > MAX_INDEX) {
        throw CommandFailure.usage("--from-index must be from 0 to 2^53-1, was " + fromIndex);
      }
      return new Since.Leaf(fromIndex);
    }
    // The second in which it began is in doubt as a whole.
    return since == null ? new Since.Ever() : new Since.Time(since.truncatedTo(ChronoUnit.SECONDS));
  }
}
