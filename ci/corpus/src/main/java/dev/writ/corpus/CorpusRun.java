// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.corpus.Tries.Outcome;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Runs cases in the order of their numbers and prints a line to each number. */
final class CorpusRun {
  private final PrintStream out;
  private int passed;
  private int failed;
  private int skipped;

  /** A case at its level, and how it ended. */
  private record Ended(NegativeCase of, Outcome outcome, Tries tries) {}

  CorpusRun(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs and prints: number, levels, reasons, outcome, title and detail; at the end the sums. A number
   * fails where one of its levels does, and holds where one does and none fails.
   *
   * @return whether no case failed
   */
  boolean run(List<NegativeCase> cases) {
    TreeMap<Integer, List<NegativeCase>> byNumber =
        cases.stream()
            .collect(
                Collectors.groupingBy(NegativeCase::number, TreeMap::new, Collectors.toList()));
    byNumber.forEach(this::line);
    out.println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
    return failed == 0;
  }

  private void line(int number, List<NegativeCase> levels) {
    List<Ended> all =
        levels.stream()
            .sorted(Comparator.comparing(NegativeCase::level))
            .map(CorpusRun::run)
            .toList();
    Outcome outcome = outcome(all);
    switch (outcome) {
      case HELD -> passed++;
      case FAILED -> failed++;
      case SKIPPED -> skipped++;
    }
    // A level that was not run says nothing for those that were.
    Predicate<Ended> ran = each -> each.outcome == Outcome.HELD || each.outcome == Outcome.FAILED;
    List<Ended> shown = all.stream().anyMatch(ran) ? all.stream().filter(ran).toList() : all;
    TreeSet<String> reasons = new TreeSet<>();
    shown.forEach(each -> reasons.addAll(each.tries.reasons()));
    out.println(
        String.format(
            Locale.ROOT,
            "%02d  %-16s  %-32s  %-9s  %s",
            number,
            shown.stream().map(each -> each.of.level().text()).collect(Collectors.joining("+")),
            reasons.isEmpty() ? "-" : String.join(",", reasons),
            outcome.text(),
            all.get(0).of.title() + detail(all)));
  }

  private static Ended run(NegativeCase each) {
    Tries tries = new Tries();
    try {
      each.body().run(tries);
    } catch (Exception e) {
      tries.fail("the case itself threw " + e);
    }
    return new Ended(each, tries.outcome(), tries);
  }

  private static Outcome outcome(List<Ended> all) {
    for (Outcome outcome : List.of(Outcome.FAILED, Outcome.HELD)) {
      if (all.stream().anyMatch(each -> each.outcome == outcome)) {
        return outcome;
      }
    }
    return Outcome.SKIPPED;
  }

  private static String detail(List<Ended> all) {
    List<String> details = new ArrayList<>();
    for (Ended each : all) {
      boolean ran = each.outcome != Outcome.SKIPPED;
      details.add((ran ? "" : each.of.level().text() + ": ") + each.tries.detail());
    }
    return " (" + String.join("; ", details) + ")";
  }
}
