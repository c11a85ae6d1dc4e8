// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long and how often is measured.
 *
 * @param count rounds; each runs every contender once, in order
 * @param length how long a contender runs in a round
 * @param warmUp how long each runs before the first round
 */
record Rounds(int count, Duration length, Duration warmUp) {
  private static final int COUNT = 9;
  private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(5);

  /** Rounds in which each contender runs for {@code measured} in sum. */
  static Rounds of(Duration measured) {
    return new Rounds(
        COUNT,
        measured.dividedBy(COUNT),
        measured.compareTo(LONGEST_WARM_UP) < 0 ? measured : LONGEST_WARM_UP);
  }

  /** The contenders' median rates, in their order. */
  List<Double> run(List<Contender> contenders) throws Exception {
    for (Contender contender : contenders) {
      requireRate(contender.rate(warmUp));
    }
    List<List<Double>> rates = new ArrayList<>();
    contenders.forEach(contender -> rates.add(new ArrayList<>()));
    for (int round = 0; round < count; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        double rate = contenders.get(i).rate(length);
        requireRate(rate);
        rates.get(i).add(rate);
      }
    }
    return rates.stream().map(Rounds::median).toList();
  }

  private static void requireRate(double rate) {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalStateException("bug: a rate must be a positive number, was " + rate);
    }
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
