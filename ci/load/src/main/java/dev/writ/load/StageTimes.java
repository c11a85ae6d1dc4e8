// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a service's {@code writ_decision_seconds} says: how long each stage took, in sum, and how often
 * it was passed.
 *
 * @param stages by name
 */
public record StageTimes(Map<String, Stage> stages) {
  private static final Pattern LINE =
      Pattern.compile(
          "^writ_decision_seconds_(sum|count)\\{[^}]*stage=\"([a-z_]+)\"[^}]*\\} (\\S+)",
          Pattern.MULTILINE);

  /**
   * One stage.
   *
   * @param seconds in sum
   * @param count how often
   */
  public record Stage(double seconds, double count) {
    private static final Stage NONE = new Stage(0, 0);

    /** Mean time in microseconds. */
    public double meanMicros() {
      return count == 0 ? 0 : 1e6 * seconds / count;
    }
  }

  /** Reads Prometheus' text format. */
  static StageTimes parse(String metrics) {
    Map<String, Stage> stages = new TreeMap<>();
    Matcher matcher = LINE.matcher(metrics);
    while (matcher.find()) {
      double value = Double.parseDouble(matcher.group(3));
      boolean isSum = matcher.group(1).equals("sum");
      stages.merge(
          matcher.group(2),
          isSum ? new Stage(value, 0) : new Stage(0, value),
          (a, b) -> new Stage(a.seconds + b.seconds, a.count + b.count));
    }
    return new StageTimes(Map.copyOf(stages));
  }

  /** What was passed since {@code earlier}. */
  public StageTimes since(StageTimes earlier) {
    Map<String, Stage> passed = new TreeMap<>();
    stages.forEach(
        (name, now) -> {
          Stage before = earlier.stages.getOrDefault(name, Stage.NONE);
          passed.put(name, new Stage(now.seconds - before.seconds, now.count - before.count));
        });
    return new StageTimes(passed);
  }
}
