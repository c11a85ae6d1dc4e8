// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.SearchFilter;
import dev.writ.lineage.SearchPage;
import dev.writ.tlog.Checkpoint;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What was asked of which leaves of which log, what was found, and of which nobody can say: who reads the
 * answer sees the question.
 */
final class SearchReport {
  private final SearchFilter filter;
  private final long start;
  private final IntStream.Builder matches = IntStream.builder();
  private final IntStream.Builder undecided = IntStream.builder();
  private Optional<Instant> newest = Optional.empty();
  private long end;

  /** Of the leaves from {@code start} on. */
  SearchReport(SearchFilter filter, long start) {
    this.filter = filter;
    this.start = start;
    this.end = start;
  }

  /** Takes what the next page says. */
  void add(SearchPage page) {
    page.matches().forEach(matches::add);
    page.undecided().forEach(undecided::add);
    newest = page.newestTime().or(() -> newest);
    end = page.end();
  }

  void print(PrintWriter out, OutputFormat format, Checkpoint checkpoint) {
    int[] found = matches.build().toArray();
    int[] open = undecided.build().toArray();
    if (format == OutputFormat.json) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("filter", filter.toMap());
      map.put("origin", checkpoint.origin());
      map.put("size", checkpoint.size());
      map.put("root", checkpoint.root());
      map.put("start", start);
      map.put("end", end);
      newest.ifPresent(time -> map.put("newest_time", time));
      map.put("matches", boxed(found));
      map.put("undecided", boxed(open));
      out.println(Printer.json(map));
    } else {
      for (int index : found) {
        out.println("leaf " + index);
      }
      for (int index : open) {
        out.println("leaf " + index + "  undecided: not opened");
      }
      out.print(question(checkpoint));
      out.println(
          "leaves "
              + start
              + " to "
              + end
              + " of "
              + checkpoint.size()
              + ": "
              + found.length
              + " match, "
              + open.length
              + " undecided");
    }
    out.flush();
  }

  private Lines question(Checkpoint checkpoint) {
    Lines lines = new Lines();
    lines.fact("searched for", filter.toJson());
    lines.fact("in the log", checkpoint.origin());
    lines.fact("of root", checkpoint.root().hex());
    lines.fact("newest leaf", newest.map(Instant::toString).orElse("of no time that is known"));
    return lines;
  }

  private static List<Integer> boxed(int[] indices) {
    return IntStream.of(indices).boxed().toList();
  }
}
