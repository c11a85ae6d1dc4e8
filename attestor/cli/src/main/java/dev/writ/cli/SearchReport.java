// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was found among leaves, and of which nobody can say. */
final class SearchReport {
  private final long start;
  private final long end;
  private final List<Integer> matches = new ArrayList<>();
  private final List<Integer> undecided = new ArrayList<>();

  /** Of the leaves from {@code start} on, before {@code end}. */
  SearchReport(long start, long end) {
    this.start = start;
    this.end = end;
  }

  void add(List<Integer> moreMatches, List<Integer> moreUndecided) {
    matches.addAll(moreMatches);
    undecided.addAll(moreUndecided);
  }

  void print(PrintWriter out, OutputFormat format) {
    if (format == OutputFormat.json) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("start", start);
      map.put("end", end);
      map.put("matches", matches);
      map.put("undecided", undecided);
      out.println(Printer.json(map));
    } else {
      matches.forEach(index -> out.println("leaf " + index));
      undecided.forEach(index -> out.println("leaf " + index + "  undecided: not opened"));
      out.println(
          "leaves "
              + start
              + " to "
              + end
              + ": "
              + matches.size()
              + " match, "
              + undecided.size()
              + " undecided");
    }
    out.flush();
  }
}
