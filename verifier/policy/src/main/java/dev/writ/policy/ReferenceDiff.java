// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * What a proposed reference set changes, line by line, as a unified diff: for whoever reviews it before
 * it is put into a policy.
 */
public final class ReferenceDiff {
  private static final int CONTEXT = 3;

  /** Beyond it what differs is told as replaced whole: the table of a comparison has as many cells. */
  private static final long MAX_CELLS = 4_000_000;

  private final List<String> before;
  private final List<String> after;
  private final List<Line> lines = new ArrayList<>();

  /** A line with its sign: a space, {@code -} or {@code +}. */
  private record Line(char sign, String text) {}

  private ReferenceDiff(String before, String after) {
    this.before = lines(before);
    this.after = lines(after);
  }

  /**
   * The diff.
   *
   * @param beforeLabel what is in force or in a file, in one line
   * @param before a set; empty text where there is none
   * @param afterLabel what is proposed, in one line
   * @param after a set
   * @return empty where they do not differ; else it ends with a line end
   */
  public static String of(String beforeLabel, String before, String afterLabel, String after) {
    ReferenceDiff diff = new ReferenceDiff(before, after);
    diff.compare();
    String hunks = diff.hunks();
    return hunks.isEmpty() ? "" : "--- " + beforeLabel + "\n+++ " + afterLabel + "\n" + hunks;
  }

  private static List<String> lines(String text) {
    return text.isEmpty() ? List.of() : text.lines().toList();
  }

  private void compare() {
    int start = 0;
    while (start < before.size()
        && start < after.size()
        && before.get(start).equals(after.get(start))) {
      lines.add(new Line(' ', before.get(start++)));
    }
    int end = 0;
    while (end < before.size() - start
        && end < after.size() - start
        && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
      end++;
    }
    middle(before.subList(start, before.size() - end), after.subList(start, after.size() - end));
    for (String same : before.subList(before.size() - end, before.size())) {
      lines.add(new Line(' ', same));
    }
  }

  /** By their longest common subsequence. */
  private void middle(List<String> was, List<String> is) {
    if ((long) was.size() * is.size() > MAX_CELLS) {
      was.forEach(line -> lines.add(new Line('-', line)));
      is.forEach(line -> lines.add(new Line('+', line)));
      return;
    }
    int[][] longest = new int[was.size() + 1][is.size() + 1];
    for (int i = was.size() - 1; i >= 0; i--) {
      for (int j = is.size() - 1; j >= 0; j--) {
        longest[i][j] =
            was.get(i).equals(is.get(j))
                ? longest[i + 1][j + 1] + 1
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < was.size() || j < is.size()) {
      if (i < was.size() && j < is.size() && was.get(i).equals(is.get(j))) {
        lines.add(new Line(' ', was.get(i++)));
        j++;
      } else if (j == is.size() || i < was.size() && longest[i + 1][j] >= longest[i][j + 1]) {
        lines.add(new Line('-', was.get(i++)));
      } else {
        lines.add(new Line('+', is.get(j++)));
      }
    }
  }

  private String hunks() {
    StringBuilder out = new StringBuilder();
    int at = 0;
    int oldLine = 1;
    int newLine = 1;
    while (at < lines.size()) {
      int change = nextChange(at);
      if (change < 0) {
        break;
      }
      int from = Math.max(at, change - CONTEXT);
      oldLine += from - at;
      newLine += from - at;
      int to = endOf(change);
      int olds = 0;
      int news = 0;
      StringBuilder hunk = new StringBuilder();
      for (Line line : lines.subList(from, to)) {
        olds += line.sign() == '+' ? 0 : 1;
        news += line.sign() == '-' ? 0 : 1;
        hunk.append(line.sign()).append(line.text()).append('\n');
      }
      out.append("@@ -").append(range(oldLine, olds)).append(" +").append(range(newLine, news));
      out.append(" @@\n").append(hunk);
      oldLine += olds;
      newLine += news;
      at = to;
    }
    return out.toString();
  }

  /** As diff(1) has it: an empty range is after the line that it names. */
  private static String range(int start, int count) {
    return (count == 0 ? start - 1 : start) + "," + count;
  }

  private int nextChange(int from) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).sign() != ' ') {
        return i;
      }
    }
    return -1;
  }

  /** Behind a change and all that are near enough to share its context. */
  private int endOf(int change) {
    int last = change;
    int next = change;
    while (next >= 0 && next - last <= 2 * CONTEXT) {
      last = next;
      next = nextChange(last + 1);
    }
    return Math.min(lines.size(), last + 1 + CONTEXT);
  }
}
