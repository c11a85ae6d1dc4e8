// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.TreeAudit;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an audit found wrong: the first of it as it was found, of the rest how much. */
final class Faults {
  private static final int MOST = 100;

  private final List<TreeAudit.Fault> first = new ArrayList<>();
  private long count;

  boolean any() {
    return count > 0;
  }

  void add(TreeAudit.Fault fault) {
    count++;
    if (first.size() < MOST) {
      first.add(fault);
    }
  }

  /**
   * Prints them, and the facts with them.
   *
   * @param holds name of the fact that there are none
   */
  void print(PrintWriter out, OutputFormat format, String holds, Map<String, Object> facts) {
    facts.put(holds, count == 0);
    facts.put("faults", count);
    if (format == OutputFormat.json) {
      facts.put("first_faults", first.stream().map(Faults::row).toList());
    } else {
      Lines lines = new Lines();
      first.forEach(fault -> lines.line("wrong  " + fault));
      out.print(lines);
    }
    new Printer(out, format).print(facts);
  }

  private static Map<String, Object> row(TreeAudit.Fault fault) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("where", fault.where());
    row.put("must_be", fault.mustBe());
    row.put("was", fault.was());
    return row;
  }

  /** Ends the command with the first of them. */
  void requireNone(String sentence) throws CommandFailure {
    if (count > 0) {
      throw CommandFailure.integrity(
          sentence
              + ", and is not in "
              + count
              + (count == 1 ? " place: " : " places; the first: ")
              + first.get(0));
    }
  }
}
