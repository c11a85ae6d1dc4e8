// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private static final Rounds THREE = new Rounds(3, Duration.ofMillis(20), Duration.ofMillis(50));

  @Test
  void contenders_areWarmedUpThenRunInTurn() throws Exception {
    List<String> runs = new ArrayList<>();

    List<Double> medians = THREE.run(List.of(recording("a", runs), recording("b", runs)));

    assertThat(medians).containsExactly(1.0, 1.0);
    assertThat(runs)
        .containsExactly(
            "a PT0.05S", "b PT0.05S",
            "a PT0.02S", "b PT0.02S",
            "a PT0.02S", "b PT0.02S",
            "a PT0.02S", "b PT0.02S");
  }

  @Test
  void median_isOfTheRoundsAlone_andIgnoresAnOutlier() throws Exception {
    Iterator<Double> rates = List.of(1_000_000.0, 10.0, 900.0, 12.0).iterator();

    assertThat(THREE.run(List.of(length -> rates.next()))).containsExactly(12.0);
  }

  @Test
  void rateThatIsNoRate_endsTheRun() {
    assertThatThrownBy(() -> THREE.run(List.of(length -> Double.NaN)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void loop_countsWhatWasDone() throws Exception {
    Contender loop = Contender.loop(() -> Thread.sleep(1));

    assertThat(loop.rate(Duration.ofMillis(50))).isBetween(1.0, 1_000.0);
  }

  @Test
  void parallel_failsWithItsOperation() {
    Contender failing =
        new Parallel(
            2,
            () -> {
              throw new IllegalStateException("the outcome was not the one that must be");
            });

    assertThatThrownBy(() -> failing.rate(Duration.ofMillis(1)))
        .hasRootCauseMessage("the outcome was not the one that must be");
  }

  private static Contender recording(String name, List<String> runs) {
    return length -> {
      runs.add(name + " " + length);
      return 1.0;
    };
  }
}
