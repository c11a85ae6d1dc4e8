// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.MalformedPageException;
import dev.writ.lineage.PageOutcome;
import dev.writ.lineage.PageVerifier;
import dev.writ.lineage.SearchPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "Verifies offline that pages of a search leave no leaf out between the first and the last, and",
      "that those which match are those that are said to. Exits with 5 if not."
    },
    mixinStandardHelpOptions = true)
final class LineageVerifyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The folder of the pages, page-START.json each.")
  Path pages = Path.of("");

  @Mixin BeliefOptions options = new BeliefOptions();
  @Mixin OpeningOptions openings = new OpeningOptions();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    LogBelief belief = options.belief();
    Instant now = options.now();
    PageVerifier verifier = new PageVerifier(note -> belief.judge(note, now), openings.read());
    List<SearchPage> given = read();
    PageOutcome outcome =
        verifier.verify(given, given.get(0).start(), given.get(given.size() - 1).end());
    if (outcome instanceof PageOutcome.Refused refused) {
      throw CommandFailure.integrity(refused.reason());
    }
    PageOutcome.Complete complete = (PageOutcome.Complete) outcome;
    SearchReport report = new SearchReport(complete.start(), complete.end());
    report.add(complete.matches(), complete.undecided());
    report.print(spec.commandLine().getOut(), output);
    return ExitStatus.DONE;
  }

  /** In the order of what they are of: at least one. */
  private List<SearchPage> read() throws CommandFailure {
    List<SearchPage> given = new ArrayList<>();
    try (Stream<Path> files = Files.list(pages)) {
      for (Path file : files.sorted().toList()) {
        given.add(SearchPage.parse(BoundedFile.read(file, SearchPage.MAX_BYTES)));
      }
    } catch (IOException | MalformedPageException e) {
      throw CommandFailure.configuration("the pages in " + pages, e);
    }
    if (given.isEmpty()) {
      throw CommandFailure.configuration("the folder " + pages + " must have a page, has none");
    }
    given.sort(Comparator.comparingLong(SearchPage::start));
    return given;
  }
}
