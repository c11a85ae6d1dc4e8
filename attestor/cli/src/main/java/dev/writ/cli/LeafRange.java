// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

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

  void requireInOrder() throws CommandFailure {
    if (from < 0 || (to != null && from > to)) {
      throw CommandFailure.usage(
          "--from must be at least 0 and at most --to, were " + from + " and " + to);
    }
  }

  /** The first leaf behind the last, of a log of {@code size} leaves. */
  long end(long size) throws CommandFailure {
    requireInOrder();
    long end = to == null ? size : to;
    if (from > size || end > size) {
      throw CommandFailure.invalid(
          "the log must have the leaves before --from "
              + from
              + " and --to "
              + end
              + ", has "
              + size
              + ": its checkpoint may be an older one");
    }
    return end;
  }
}
