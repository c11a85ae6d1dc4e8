// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BatchPaceTest {
  private final AtomicLong now = new AtomicLong(-5);
  private final AtomicLong paused = new AtomicLong();
  private final BatchPace pace = new BatchPace(now::get, paused::addAndGet);

  @Test
  void firstEntry_isNotKept() {
    pace.gather(1);

    assertThat(paused).hasValue(0);
  }

  @Test
  void entry_afterABatchOfOne_isNotKept() {
    pace.begin(1);

    pace.gather(1);

    assertThat(paused).hasValue(0);
  }

  @Test
  void fewEntries_afterABatchOfSeveral_gatherForTheRestOfTheTime() {
    pace.begin(2);
    now.addAndGet(500_000);

    pace.gather(BatchPace.MANY - 1);

    assertThat(paused).hasValue(BatchPace.GATHER_NANOS - 500_000);
  }

  @Test
  void manyEntries_areNotKept() {
    pace.begin(2);

    pace.gather(BatchPace.MANY);

    assertThat(paused).hasValue(0);
  }

  @Test
  void entry_whenTheTimeIsOver_isNotKept() {
    pace.begin(2);
    now.addAndGet(BatchPace.GATHER_NANOS);

    pace.gather(1);

    assertThat(paused).hasValue(0);
  }
}
