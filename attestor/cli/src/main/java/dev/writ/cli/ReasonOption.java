// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.RevocationReason;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Why an operator takes something away, or gives it back: leaves say it. */
final class ReasonOption {
  @Option(
      names = "--reason",
      paramLabel = "WORD",
      defaultValue = "unspecified",
      description =
          "unspecified, key_compromise, host_compromised, superseded, ceased or policy_changed"
              + " (default: ${DEFAULT-VALUE}).")
  private String reason = "unspecified";

  /** The word, which is one of them. */
  String word() throws CommandFailure {
    if (RevocationReason.said().stream().noneMatch(word -> word.wire().equals(reason))) {
      throw CommandFailure.usage(
          "--reason must be one of "
              + RevocationReason.said().stream()
                  .map(RevocationReason::wire)
                  .collect(Collectors.joining(", "))
              + ", was "
              + reason);
    }
    return reason;
  }
}
