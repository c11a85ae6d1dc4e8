// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A pool takes what it can do in time, and says no to the rest. */
final class WorkPoolTest {
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch free = new CountDownLatch(1);

  /** Work that lasts until {@link #free}. */
  private String occupy() {
    busy.countDown();
    try {
      if (free.await(30, TimeUnit.SECONDS)) {
        return "done";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new AssertionError("never freed");
  }

  private static WorkPool pool(int threads, int queue, Duration deadline) {
    return new WorkPool("test", new Limits.Pool(threads, queue, deadline));
  }

  private static void assertOverloaded(CompletableFuture<?> result) {
    assertThat(result).isCompletedExceptionally();
    assertThatThrownBy(result::join)
        .cause()
        .isInstanceOfSatisfying(
            DeniedException.class,
            denied -> {
              assertThat(denied.denial()).isEqualTo(WorkPool.OVERLOADED);
              assertThat(denied.denial().retryable()).isTrue();
            });
  }

  @Test
  void moreThanThreadsAndQueue_isOverloadedAtOnce() throws Exception {
    try (WorkPool pool = pool(1, 3, Duration.ofSeconds(30))) {
      CompletableFuture<String> running = pool.submit(this::occupy);
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      List<CompletableFuture<String>> queued = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        queued.add(pool.submit(() -> "later"));
      }

      for (int i = 0; i < 10_000; i++) {
        assertOverloaded(pool.submit(() -> "never"));
      }

      assertThat(pool.waiting()).isEqualTo(3);
      assertThat(pool.overloaded()).isEqualTo(10_000);
      free.countDown();
      assertThat(running.get(10, TimeUnit.SECONDS)).isEqualTo("done");
      for (CompletableFuture<String> each : queued) {
        assertThat(each.get(10, TimeUnit.SECONDS)).isEqualTo("later");
      }
    }
  }

  @Test
  void workThatWaitedTooLong_isNotBegun() throws Exception {
    try (WorkPool pool = pool(1, 3, Duration.ofMillis(50))) {
      CompletableFuture<String> running = pool.submit(this::occupy);
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<String> late = pool.submit(() -> "begun");
      Thread.sleep(100);
      free.countDown();

      assertThat(running.get(10, TimeUnit.SECONDS)).isEqualTo("done");
      assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(DeniedException.class);
      assertOverloaded(late);
    }
  }

  @Test
  void workThatWaitsTooLong_whileAllThreadsAreStuck_isEnded() throws Exception {
    try (WorkPool pool = pool(1, 3, Duration.ofMillis(50))) {
      CompletableFuture<String> stuck = pool.submit(this::occupy);
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<String> late = pool.submit(() -> "begun");

      assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(DeniedException.class);

      assertOverloaded(late);
      assertThat(pool.waiting()).isZero();
      assertThat(pool.overloaded()).isEqualTo(1);
      assertThat(stuck).isNotDone();
      free.countDown();
      assertThat(stuck.get(10, TimeUnit.SECONDS)).isEqualTo("done");
    }
  }

  @Test
  void defect_endsItsOwnWorkAndNoThread() throws Exception {
    try (WorkPool pool = pool(1, 3, Duration.ofSeconds(30))) {
      CompletableFuture<String> broken =
          pool.submit(
              () -> {
                throw new IllegalStateException("bug: armed by the test");
              });

      assertThatThrownBy(() -> broken.get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IllegalStateException.class);
      assertThat(pool.submit(() -> "next").get(10, TimeUnit.SECONDS)).isEqualTo("next");
    }
  }

  @Test
  void closedPool_endsWhatItHasAndTakesNoMore() throws Exception {
    WorkPool pool = pool(1, 3, Duration.ofSeconds(30));
    CompletableFuture<String> running = pool.submit(this::occupy);
    assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<String> queued = pool.submit(() -> "later");

    pool.close();

    assertOverloaded(pool.submit(() -> "never"));
    free.countDown();
    assertThat(running.get(10, TimeUnit.SECONDS)).isEqualTo("done");
    assertThat(queued.get(10, TimeUnit.SECONDS)).isEqualTo("later");
  }
}
