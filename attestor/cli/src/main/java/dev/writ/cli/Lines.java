// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.BootLogSummary;

/**
 * Text for a terminal. Much of it comes from a host: whatever would move the cursor, colour or reorder
 * the text is shown as a space.
 */
final class Lines {
  private final StringBuilder out = new StringBuilder();
  private int pcr = -1;

  /** A name and its value. */
  void fact(String name, String value) {
    line(String.format("%-16s  %s", name, value));
  }

  void blank() {
    out.append('\n');
    pcr = -1;
  }

  void line(String text) {
    out.append(printable(text)).append('\n');
    pcr = -1;
  }

  /** A line under its PCR, which is named once. */
  void ofPcr(int index, String text) {
    if (index != pcr) {
      line("PCR " + index + " (" + BootLogSummary.meaning(index) + ")");
      pcr = index;
    }
    out.append("  ").append(printable(text)).append('\n');
  }

  /** A text of several lines. */
  void block(String text) {
    text.lines().forEach(this::line);
  }

  /** So many of something whose plural takes an s. */
  static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private static String printable(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\u2028\\u2029]", " ");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
