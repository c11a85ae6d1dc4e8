// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What of a log a subcommand is about: one decision, or the leaves of a range. */
final class DecisionOrRange {
  @Parameters(
      paramLabel = "DECISION",
      arity = "0..1",
      description = "A decision: its id, its artifact's jti, or the index of its leaf.")
  @Nullable String decision;

  @Option(
      names = "--range",
      paramLabel = "FROM..TO",
      description = {
        "The leaves from FROM to before TO; without FROM from the first on, without TO to the last."
      })
  @Nullable String range;

  /** The range; absent where a decision is named, in a form that one has. */
  Optional<LeafSpan.Wanted> wanted() throws CommandFailure {
    if (decision != null && !LeafArgument.isOne(decision)) {
      throw CommandFailure.usage("DECISION must be " + LeafArgument.FORM + ", was " + decision);
    }
    return range == null ? Optional.empty() : Optional.of(LeafSpan.Wanted.parse(range));
  }
}
