// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.DrillCase;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.DrillResult;
import dev.writ.artifact.LoggedDrill;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tells of a drill: a line to each case as it is judged, or one JSON document at the end. */
final class DrillPrinter {
  private final PrintWriter out;
  private final OutputFormat format;

  /**
   * Where the report is.
   *
   * @param file what was written
   * @param logged what the ledger has
   */
  record Kept(Path file, LoggedDrill logged) {}

  DrillPrinter(PrintWriter out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  /** A case was judged. */
  void tell(DrillCase judged) {
    if (format == OutputFormat.text) {
      out.printf(
          "%-17s  %-8s  %-27s  %-75s  came %-27s  beside %-6s%s%n",
          word(judged.result()),
          judged.door().wire(),
          judged.code().wire(),
          judged.fault(),
          judged.came().orElse("-"),
          judged.beside().orElse("-"),
          judged.leafIndex().map(index -> "  leaf " + index).orElse("")
              + judged
                  .why()
                  .filter(why -> judged.result() != DrillResult.NEEDS_DEMO)
                  .map(why -> "  (" + why + ")")
                  .orElse(""));
      out.flush();
    }
  }

  private static String word(DrillResult result) {
    return switch (result) {
      case PASSED -> "ok";
      case FAILED -> "WRONG";
      case NOT_YET_REACHABLE -> "not yet reachable";
      case NEEDS_DEMO -> "needs --demo";
      case NOT_APPLICABLE -> "not applicable";
    };
  }

  /**
   * The last lines, or the one document.
   *
   * @param kept where the report was signed and put into the ledger
   */
  void end(DrillReport report, Optional<Kept> kept) {
    if (format == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>(report.toMap());
      kept.ifPresent(where -> document.putAll(facts(where)));
      out.println(Printer.json(document));
    } else {
      out.println();
      out.println(
          report.number(DrillResult.PASSED)
              + " passed, "
              + report.number(DrillResult.FAILED)
              + " failed, "
              + report.number(DrillResult.NOT_YET_REACHABLE)
              + " not yet reachable, "
              + report.number(DrillResult.NEEDS_DEMO)
              + " not tried, "
              + report.number(DrillResult.NOT_APPLICABLE)
              + " not applicable");
      kept.ifPresentOrElse(
          where -> facts(where).forEach((name, value) -> out.println(name + "  " + value)),
          () -> out.println("the report is not signed, and not in the ledger"));
    }
    out.flush();
  }

  private static Map<String, Object> facts(Kept kept) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("report", kept.file());
    facts.put("digest", kept.logged().drill().report().digest().hex());
    facts.put("operator", Thumbprint.text(kept.logged().drill().signature().kid()));
    return facts;
  }

  /** The one document of a drill that could not go on: what was judged until then, and no report. */
  void endEarly(List<DrillCase> cases) {
    if (format == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("cases", cases.stream().map(DrillCase::toMap).toList());
      document.put("ok", false);
      out.println(Printer.json(document));
      out.flush();
    }
  }
}
