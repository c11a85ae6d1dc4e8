// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Comparator;
import java.util.Map;

/**
 * How often something was refused for one cause.
 *
 * @param code the denial's code
 * @param reason the finer reason, a stable word
 * @param count how often, at least once
 */
public record RefusalCount(DenialCode code, String reason, long count) {
  /** Longest reason, so that the fullest summary is still a leaf. */
  public static final int MAX_REASON = 64;

  /** By cause: the code's spelling, then the reason. */
  static final Comparator<RefusalCount> ORDER =
      Comparator.comparing((RefusalCount count) -> count.code().wire())
          .thenComparing(RefusalCount::reason);

  /**
   * The count as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public RefusalCount {
    Require.visible("counts.reason", reason, MAX_REASON);
    Require.between("counts.count", count, 1, Require.MAX_EXACT);
  }

  Map<String, Object> toMap() {
    return Map.of("code", code.wire(), "reason", reason, "count", count);
  }

  static RefusalCount take(JsonMembers json) throws MalformedJsonException {
    RefusalCount count =
        new RefusalCount(
            json.oneOf("code", DenialCode.values()),
            json.text("reason"),
            json.integer("count", 1, Require.MAX_EXACT));
    json.end();
    return count;
  }
}
