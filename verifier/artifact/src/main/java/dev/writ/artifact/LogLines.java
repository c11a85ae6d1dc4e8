// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.NoteKey;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The {@code log} lines of a C2SP tlog-policy of one log, of which a rotation adds one and a compromise takes
 * one away. All else stays as its authors wrote it.
 *
 * @param policy the policy's text
 * @param origin the log's name
 */
public record LogLines(String policy, String origin) {
  private static final String KEYWORD = "log";

  /** Between which the items of a line stand. */
  private static final Pattern BLANKS = Pattern.compile("[ \t]+");

  /** The policy with a line of {@code key} after the others, if it has none. */
  public String with(VerificationKey key) {
    if (policy.lines().anyMatch(line -> isOf(line, key))) {
      return policy;
    }
    List<String> lines = new ArrayList<>(policy.lines().toList());
    int last = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (items(lines.get(i)).get(0).equals(KEYWORD)) {
        last = i + 1;
      }
    }
    lines.add(last, KEYWORD + " " + vkey(key));
    return text(lines);
  }

  /** The policy without the lines of {@code key}. */
  public String without(VerificationKey key) {
    return text(policy.lines().filter(line -> !isOf(line, key)).toList());
  }

  /** The lines that name the log's keys, without any URL. */
  public List<String> logs() {
    return policy
        .lines()
        .map(LogLines::items)
        .filter(LogLines::isLog)
        .map(items -> String.join(" ", items.subList(0, Math.min(2, items.size()))))
        .toList();
  }

  /** What the policy says of witnesses and their quorum. */
  public String others() {
    return text(policy.lines().filter(line -> !isLog(items(line))).toList());
  }

  private static boolean isLog(List<String> items) {
    return items.get(0).equals(KEYWORD);
  }

  /** A line may name the log's URL after its key. */
  private boolean isOf(String line, VerificationKey key) {
    List<String> items = items(line);
    return items.size() > 1 && items.get(0).equals(KEYWORD) && items.get(1).equals(vkey(key));
  }

  /** At least one, which may be empty. */
  private static List<String> items(String line) {
    return BLANKS.splitAsStream(line.strip()).toList();
  }

  private String vkey(VerificationKey key) {
    return NoteKey.ofP256(origin, key.key()).vkey();
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
