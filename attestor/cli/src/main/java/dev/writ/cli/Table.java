// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints rows as aligned columns, or as one JSON document that has all members of each. */
final class Table {
  private final List<String> columns;

  /** A table of these members; others are in JSON alone. */
  Table(String... columns) {
    this.columns = List.of(columns);
  }

  /**
   * Prints it.
   *
   * @param name of the array in JSON
   * @param rows a member that is absent is a dash
   */
  void print(PrintWriter out, OutputFormat format, String name, List<Map<String, Object>> rows) {
    if (format == OutputFormat.json) {
      out.println(Printer.json(Map.of(name, rows)));
      out.flush();
      return;
    }
    Lines lines = new Lines();
    lines.line(line(rows, column -> column.toUpperCase(Locale.ROOT)));
    rows.forEach(row -> lines.line(line(rows, column -> cell(row, column))));
    out.print(lines);
    out.flush();
  }

  private interface Cells {
    String of(String column);
  }

  private String line(List<Map<String, Object>> rows, Cells cells) {
    StringBuilder line = new StringBuilder();
    for (String column : columns) {
      int width =
          rows.stream()
              .mapToInt(row -> cell(row, column).length())
              .reduce(column.length(), Math::max);
      String text = cells.of(column);
      line.append(text).append(" ".repeat(width - text.length() + 2));
    }
    return line.toString().stripTrailing();
  }

  private static String cell(Map<String, Object> row, String column) {
    return String.valueOf(row.getOrDefault(column, "-"));
  }
}
