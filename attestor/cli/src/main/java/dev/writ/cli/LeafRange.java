// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.Lineage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which leaves of a log are meant. */
final class LeafRange {
  @Option(
      names = "--from",
      paramLabel = "INDEX",
      defaultValue = "0",
      description = "The first leaf (default: ${DEFAULT-VALUE}).")
  long from;

  @Option(
      names = "--to",
      paramLabel = "INDEX",
      description = "The first leaf behind the last (default: the log's size).")
  @Nullable Long to;

  /** The first leaf behind the last of {@code lineage}'s log. */
  long end(Lineage lineage) {
    return to == null ? lineage.source().checkpoint().size() : to;
  }
}
