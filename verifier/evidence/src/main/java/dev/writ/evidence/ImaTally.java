// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How many entries of a list got which verdict.
 *
 * @param counts for each verdict that was given, how often; at least once
 */
public record ImaTally(Map<ImaVerdict, Long> counts) {
  /** No entry was judged. */
  public static final ImaTally NONE = new ImaTally(Map.of());

  /** Checks the counts. */
  public ImaTally {
    EnumMap<ImaVerdict, Long> copy = new EnumMap<>(ImaVerdict.class);
    copy.putAll(counts);
    if (copy.values().stream().anyMatch(count -> count < 1)) {
      throw new IllegalArgumentException("a count of a tally must be at least 1: " + copy);
    }
    counts = Collections.unmodifiableMap(copy);
  }

  /** How many entries got {@code verdict}. */
  public long count(ImaVerdict verdict) {
    return counts.getOrDefault(verdict, 0L);
  }

  /** How many entries were judged. */
  public long judged() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many of them the policy allows. */
  public long held() {
    return counts.entrySet().stream()
        .filter(each -> each.getKey().held())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  ImaTally plus(ImaTally other) {
    EnumMap<ImaVerdict, Long> sum = new EnumMap<>(ImaVerdict.class);
    sum.putAll(counts);
    other.counts.forEach((verdict, count) -> sum.merge(verdict, count, Long::sum));
    return new ImaTally(sum);
  }

  /** The verdicts that do not hold with their counts, {@code 2 ima_entry_unlisted, 1 ima_violation}. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(held() + " of " + judged() + " allowed");
    counts.forEach(
        (verdict, count) -> {
          if (!verdict.held()) {
            parts.add(count + " " + verdict.reason());
          }
        });
    return String.join(", ", parts);
  }
}
