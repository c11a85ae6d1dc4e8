// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.MalformedPageException;
import dev.writ.lineage.PageOutcome;
import dev.writ.lineage.PageSequence;
import dev.writ.lineage.PageVerifier;
import dev.writ.lineage.SearchFilter;
import dev.writ.lineage.SearchPage;
import dev.writ.tlog.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ lineage verify}: whether pages of a search leave nothing out. */
@Command(
    name = "verify",
    description = {
      "Verifies offline that pages are those of the search that the options say, over the range that they",
      "say or else the whole log; that they leave no leaf of it out; and that those which match are those",
      "that are said to. Exits with 5 if not."
    },
    mixinStandardHelpOptions = true)
final class LineageVerifyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The folder of the pages, page-START.json each.")
  Path pages = Path.of("");

  @Mixin BeliefOptions options = new BeliefOptions();
  @Mixin OpeningOptions openings = new OpeningOptions();
  @Mixin FilterOptions conditions = new FilterOptions();
  @Mixin LeafRange range = new LeafRange();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    LogBelief belief = options.belief();
    Instant now = options.now();
    SearchFilter filter = conditions.filter();
    range.requireInOrder();
    PageSequence sequence =
        new PageVerifier(note -> belief.judge(note, now), openings.read())
            .sequence(filter, range.from);
    if (!Files.isDirectory(pages)) {
      throw CommandFailure.configuration(
          "the pages must be in a folder, and " + pages + " is none");
    }
    SearchReport report = new SearchReport(filter, range.from);
    Checkpoint checkpoint;
    do {
      SearchPage page = read(range.from, sequence.next());
      if (sequence.take(page) instanceof PageOutcome.Refused refused) {
        throw CommandFailure.integrity(refused.reason());
      }
      report.add(page);
      checkpoint = sequence.checkpoint().orElseThrow();
    } while (sequence.next() < range.end(checkpoint.size()));
    if (sequence.next() != range.end(checkpoint.size())) {
      throw CommandFailure.integrity(
          "the last page must end at "
              + range.end(checkpoint.size())
              + ", ends at "
              + sequence.next());
    }
    report.print(spec.commandLine().getOut(), output, checkpoint);
    return ExitStatus.DONE;
  }

  /** The page that begins at {@code next}: without it leaves are left out. */
  private SearchPage read(long first, long next) throws CommandFailure {
    Path file = pages.resolve(LineageSearchCommand.pageName(next));
    try {
      return SearchPage.parse(BoundedFile.read(file, SearchPage.MAX_BYTES));
    } catch (NoSuchFileException e) {
      throw CommandFailure.integrity(
          "the pages must leave no leaf out, and none is of leaf "
              + next
              + ": "
              + file
              + " is not there"
              + (next == first ? "; --from must be where the search began" : ""));
    } catch (MalformedPageException e) {
      throw CommandFailure.integrity(file + ": " + e.getMessage());
    } catch (IOException e) {
      throw CommandFailure.configuration("the page " + file, e);
    }
  }
}
