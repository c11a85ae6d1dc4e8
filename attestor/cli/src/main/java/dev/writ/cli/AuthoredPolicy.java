// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The policy that an author asks about, and how the answer is printed. */
final class AuthoredPolicy {
  @Parameters(paramLabel = "FILE", description = "The policy, JSON or YAML.")
  Path file = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;
}
