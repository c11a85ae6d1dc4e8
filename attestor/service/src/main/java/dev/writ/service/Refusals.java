// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.DenialCode;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts what was refused without being a decision on anybody: what was malformed, and what no
 * enrolled host, no gateway and no invited one showed to have sent. Each would be a leaf that
 * strangers could write; so there is one a minute that sums them up.
 */
public final class Refusals {
  /** Most different ones that are counted apart; the reasons are the service's own words. */
  static final int MOST_APART = 128;

  /** Stands for those that come beyond. */
  static final Kind OTHER = new Kind(DenialCode.UNVERIFIABLE, "other");

  @GuardedBy("this")
  private Map<Kind, Long> counts = new HashMap<>();

  /** What is counted as one. */
  record Kind(DenialCode code, String reason) {}

  Refusals() {}

  /**
   * Counts one.
   *
   * @param reason one of the service's words, never anything that was sent
   */
  public void count(DenialCode code, String reason) {
    add(Map.of(new Kind(code, reason), 1L));
  }

  void count(Denial denial) {
    count(denial.code(), denial.reason());
  }

  /** Adds counts, such as those that were taken and could not be written. */
  synchronized void add(Map<Kind, Long> more) {
    more.forEach(
        (kind, count) -> {
          boolean apart = counts.containsKey(kind) || counts.size() < MOST_APART - 1;
          counts.merge(apart ? kind : OTHER, count, Long::sum);
        });
  }

  /** How many were counted since the last time. */
  synchronized long sum() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What was counted since the last time; what comes from now on counts for the next. */
  synchronized Map<Kind, Long> take() {
    Map<Kind, Long> taken = counts;
    counts = new HashMap<>();
    return taken;
  }
}
