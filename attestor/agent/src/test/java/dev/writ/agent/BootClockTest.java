// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BootClockTest {
  @Test
  void clock_thatIsReadAgain_wentOn() throws Exception {
    BootClock clock = new BootClock();
    long nanos = System.nanoTime();
    long first = clock.getAsLong();
    Thread.sleep(50);
    long went = clock.getAsLong() - first;
    long passed = (System.nanoTime() - nanos) / 1_000_000;
    // It ticks in hundredths of a second.
    assertThat(went).isBetween(40L, passed + 10);
  }
}
