// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.DenialCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what was refused without being a decision on anybody: what was malformed, and what no
 * enrolled host, no gateway and no invited one showed to have sent. Each would be a leaf that
 * strangers could write; so there is one a minute that sums them up. Requests that a door answered are
 * listed besides, so that each can be found again.
 */
public final class Refusals {
  /** Most different ones that are counted apart; the reasons are the service's own words. */
  static final int MOST_APART = 128;

  /** More requests than are ever listed. */
  static final int MOST_LISTED = 1_000;

  /** Stands for those that come beyond. */
  static final Kind OTHER = new Kind(DenialCode.UNVERIFIABLE, "other");

  @GuardedBy("this")
  private Map<Kind, Long> counted = new HashMap<>();

  @GuardedBy("this")
  private Map<Kind, Long> told = new HashMap<>();

  @GuardedBy("this")
  private List<RefusedRequest> listed = new ArrayList<>();

  @GuardedBy("this")
  private RefusalBudget budget = new RefusalBudget();

  @GuardedBy("this")
  private long unlisted;

  /** What is counted as one. */
  record Kind(DenialCode code, String reason) {}

  /**
   * What was refused in a time.
   *
   * @param counted by whoever refused
   * @param told by doors, to whoever asked
   * @param listed of those that were told
   * @param unlisted how many more were told
   */
  record Refused(
      Map<Kind, Long> counted, Map<Kind, Long> told, List<RefusedRequest> listed, long unlisted) {
    /**
     * How many of each kind there were. Most are counted where they are refused and told at a door, and
     * some, such as those for a part that failed, are told alone.
     */
    Map<Kind, Long> counts() {
      Map<Kind, Long> counts = new HashMap<>(counted);
      told.forEach((kind, count) -> merge(counts, kind, Math.max(0, count - of(kind))));
      return counts;
    }

    private long of(Kind kind) {
      return counted.getOrDefault(kind, 0L);
    }

    boolean isEmpty() {
      return counted.isEmpty() && told.isEmpty();
    }
  }

  Refusals() {}

  private static void merge(Map<Kind, Long> counts, Kind kind, long count) {
    if (count > 0) {
      boolean apart = counts.containsKey(kind) || counts.size() < MOST_APART - 1;
      counts.merge(apart ? kind : OTHER, count, Long::sum);
    }
  }

  /**
   * Counts one.
   *
   * @param reason one of the service's words, never anything that was sent
   */
  public synchronized void count(DenialCode code, String reason) {
    merge(counted, new Kind(code, reason), 1);
  }

  void count(Denial denial) {
    count(denial.code(), denial.reason());
  }

  /** A door told a request that it is refused, and no leaf says so. */
  synchronized void told(RefusedRequest request) {
    merge(told, request.kind(), 1);
    list(request);
  }

  @GuardedBy("this")
  private void list(RefusedRequest request) {
    if (budget.takes(request)) {
      listed.add(request);
    } else {
      unlisted++;
    }
  }

  /** Gives back what was taken and could not be written. */
  synchronized void giveBack(Refused refused) {
    refused.counted().forEach((kind, count) -> merge(counted, kind, count));
    refused.told().forEach((kind, count) -> merge(told, kind, count));
    List<RefusedRequest> since = listed;
    listed = new ArrayList<>();
    budget = new RefusalBudget();
    unlisted += refused.unlisted();
    refused.listed().forEach(this::list);
    since.forEach(this::list);
  }

  /** How many were counted since the last time. */
  synchronized long sum() {
    return counted.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What was refused since the last time; what comes from now on counts for the next. */
  synchronized Refused take() {
    Refused taken = new Refused(counted, told, listed, unlisted);
    counted = new HashMap<>();
    told = new HashMap<>();
    listed = new ArrayList<>();
    budget = new RefusalBudget();
    unlisted = 0;
    return taken;
  }
}
