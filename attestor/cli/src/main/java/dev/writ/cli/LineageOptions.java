// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.Lineage;
import dev.writ.lineage.Openings;
import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which log is asked, what is known beside it, and how the answer is printed. */
final class LineageOptions {
  @Mixin LogOptions log = new LogOptions();
  @Mixin OpeningOptions openings = new OpeningOptions();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** A question to a log. */
  @FunctionalInterface
  interface Question<T> {
    T ask(Lineage lineage) throws IOException, CommandFailure;
  }

  /** Reads the whole log, and asks. */
  <T> T ask(Question<T> question) throws CommandFailure {
    Openings known = openings.read();
    OpenedLog opened = log.open();
    try {
      return opened.reading(() -> question.ask(Lineage.read(opened.leaves(), known)));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
