// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LeafSource;
import dev.writ.lineage.Openings;
import dev.writ.lineage.SearchFilter;
import dev.writ.lineage.SearchPage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ lineage search}: leaves of which conditions hold, with pages that leave nothing out. */
@Command(
    name = "search",
    description = {
      "Looks for leaves of which every condition holds, and says of which that cannot be told without",
      "an opening. With --pages it writes what it looked at, so that others can verify offline that",
      "nothing was left out: writ lineage verify."
    },
    mixinStandardHelpOptions = true)
final class LineageSearchCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LineageOptions options = new LineageOptions();
  @Mixin FilterOptions conditions = new FilterOptions();
  @Mixin LeafRange range = new LeafRange();

  @Option(
      names = "--pages",
      paramLabel = "DIR",
      description = "A folder for the pages, page-START.json each; none may be there already.")
  @Nullable Path pages;

  @Override
  public Integer call() throws CommandFailure {
    SearchFilter filter = conditions.filter();
    return options.askLeaves((leaves, known) -> search(leaves, known, filter));
  }

  private int search(LeafSource source, Openings known, SearchFilter filter)
      throws IOException, CommandFailure {
    long end = range.end(source.checkpoint().size());
    SearchReport report = new SearchReport(filter, range.from);
    if (range.from == end) {
      throw CommandFailure.invalid(
          "the log must have a leaf from --from "
              + range.from
              + " on and before "
              + end
              + ", has none");
    }
    for (long at = range.from; at < end; at += SearchPage.MAX_LEAVES) {
      SearchPage page =
          SearchPage.of(source, known, filter, at, Math.min(end, at + SearchPage.MAX_LEAVES));
      report.add(page);
      if (pages != null) {
        write(pages.resolve(pageName(at)), page.toJson());
      }
    }
    report.print(spec.commandLine().getOut(), options.output, source.checkpoint());
    return ExitStatus.DONE;
  }

  /** The file of the page that begins with leaf {@code start}. */
  static String pageName(long start) {
    return "page-" + start + ".json";
  }

  private static void write(Path file, byte[] page) throws CommandFailure {
    try {
      Files.write(file, page, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw CommandFailure.configuration("--pages must name a folder without pages, has " + file);
    } catch (IOException e) {
      throw CommandFailure.configuration("the page " + file, e);
    }
  }
}
