// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The lines of one run, as the package describes them. */
final class Report {
  private record Line(double figure, String unit, Optional<String> beside) {}

  private final Map<String, Line> lines = new LinkedHashMap<>();

  /** A figure with nothing to compare it with. */
  void add(String name, double figure, String unit) {
    put(name, new Line(figure, unit, Optional.empty()));
  }

  /** A figure to be compared with the line named {@code beside}, which may be added later. */
  void add(String name, double figure, String unit, String beside) {
    put(name, new Line(figure, unit, Optional.of(beside)));
  }

  private void put(String name, Line line) {
    if (lines.putIfAbsent(name, line) != null) {
      throw new IllegalStateException("bug: two lines are called " + name);
    }
  }

  /** Prints every line in the order in which it was added. */
  void print(PrintStream out) {
    lines.forEach((name, line) -> out.println(json(name, line)));
    out.flush();
  }

  /** Names and units are this package's own words: nothing in them needs escaping. */
  private String json(String name, Line line) {
    StringBuilder json = new StringBuilder();
    json.append(
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"figure\":%.1f,\"unit\":\"%s\"",
            name,
            line.figure(),
            line.unit()));
    line.beside()
        .ifPresent(
            beside ->
                json.append(
                    String.format(
                        Locale.ROOT,
                        ",\"ratio\":%.3f,\"beside\":\"%s\"",
                        line.figure() / figureOf(beside),
                        beside)));
    return json.append('}').toString();
  }

  private double figureOf(String name) {
    Line line = lines.get(name);
    if (line == null) {
      throw new IllegalStateException("bug: no line is called " + name);
    }
    return line.figure();
  }
}
