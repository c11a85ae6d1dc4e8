// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LeafSource;
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
    return askLeaves(
        (source, known) -> {
          long size = source.checkpoint().size();
          if (size > Lineage.MAX_LEAVES) {
            throw CommandFailure.configuration(
                "lineage is computed of at most "
                    + Lineage.MAX_LEAVES
                    + " leaves, the log has "
                    + size
                    + ": writ lineage search takes a range of a log of any size");
          }
          return question.ask(Lineage.read(source, known));
        });
  }

  /** A question to leaves, each read when it is asked for, and to what is known beside them. */
  @FunctionalInterface
  interface LeavesQuestion<T> {
    T ask(LeafSource leaves, Openings known) throws IOException, CommandFailure;
  }

  /** Asks without an index, so that nothing is read but what the question is about. */
  <T> T askLeaves(LeavesQuestion<T> question) throws CommandFailure {
    Openings known = openings.read();
    OpenedLog opened = log.open();
    try {
      return opened.reading(() -> question.ask(opened.leaves(), known));
    } catch (IndexOutOfBoundsException e) {
      throw CommandFailure.invalid(String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
