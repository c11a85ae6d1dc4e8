// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RetentionPeriod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Erases payloads that are past their period: each minute all that are due, in transactions of a few
 * milliseconds between those of the entries, with a rest of as long after each. At the end of a
 * pass what was erased leaves the store's files, and at the first pass what a crash left there.
 */
final class PayloadPurge {
  static final Duration EVERY = Duration.ofMinutes(1);

  private static final System.Logger LOG = System.getLogger(PayloadPurge.class.getName());

  /** Transactions of one pass; what is left then begins the next one a second later. */
  private static final int CHUNKS = 512;

  private final Optional<RetentionPeriod> period;
  private final Ledger ledger;
  private final Telemetry telemetry;
  private final InstantSource clock;

  @GuardedBy("this")
  private boolean running;

  @GuardedBy("this")
  private boolean settled;

  /** When the last pass began that left nothing. */
  @GuardedBy("this")
  private Optional<Instant> last = Optional.empty();

  PayloadPurge(
      Optional<RetentionPeriod> period, Ledger ledger, Telemetry telemetry, InstantSource clock) {
    this.period = period;
    this.ledger = ledger;
    this.telemetry = telemetry;
    this.clock = clock;
  }

  /** Says how long payloads are kept. */
  void say() {
    LOG.log(
        System.Logger.Level.INFO,
        "payload_retention",
        period.isPresent()
            ? LogFields.of("days", period.get().days())
            : LogFields.of(
                "message",
                "payloads are kept until an operator erases them: ledger.payload_days sets a period"));
  }

  /** Begins a pass if it is time and none is under way; waits for nothing. */
  void purgeIfDue() {
    if (period.isPresent() && begins()) {
      pass(period.get()).whenComplete((pass, failure) -> ended(pass, failure));
    }
  }

  private synchronized boolean begins() {
    Instant now = clock.instant();
    // A clock that fell back is gone by at once.
    boolean early =
        last.isPresent() && !now.isBefore(last.get()) && now.isBefore(last.get().plus(EVERY));
    if (running || early) {
      return false;
    }
    running = true;
    last = Optional.of(now);
    return true;
  }

  /**
   * What a pass did.
   *
   * @param payloads how many it erased
   * @param more whether others are due
   */
  private record Pass(long payloads, boolean more) {
    static final Pass NOTHING = new Pass(0, false);
  }

  private CompletionStage<Pass> pass(RetentionPeriod days) {
    try {
      if (ledger.payloads().isPurgeDue(days, clock.instant())) {
        return chunk(days, CHUNKS, 0).thenCompose(this::settle);
      }
      return isSettled() ? CompletableFuture.completedFuture(Pass.NOTHING) : settle(Pass.NOTHING);
    } catch (LedgerException | RuntimeException e) {
      // Whatever it is, the next pass must begin.
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<Pass> chunk(RetentionPeriod days, int left, long before) {
    long began = System.nanoTime();
    return ledger
        .payloads()
        .purge(days)
        .thenCompose(
            purged -> {
              long all = before + purged.payloads();
              telemetry.payloadsErased(Telemetry.Erasure.PERIOD, purged.payloads());
              return purged.more() && left > 1
                  ? rest(System.nanoTime() - began)
                      .thenCompose(rested -> chunk(days, left - 1, all))
                  : CompletableFuture.completedFuture(new Pass(all, purged.more()));
            });
  }

  private static CompletableFuture<Void> rest(long took) {
    return CompletableFuture.runAsync(
        () -> {}, CompletableFuture.delayedExecutor(took, TimeUnit.NANOSECONDS));
  }

  private CompletionStage<Pass> settle(Pass pass) {
    return ledger
        .payloads()
        .settle()
        .thenApply(
            done -> {
              markSettled();
              return pass;
            });
  }

  private synchronized boolean isSettled() {
    return settled;
  }

  private synchronized void markSettled() {
    settled = true;
  }

  private synchronized void ended(Pass pass, Throwable failure) {
    running = false;
    if (failure != null) {
      settled = false;
      LOG.log(
          System.Logger.Level.WARNING,
          "payload_purge_failed",
          LogFields.of(
              "message",
              "payloads past their period must be erased, and were not all; it is tried again: "
                  + Operations.cause(failure).getMessage()));
      return;
    }
    if (pass.more()) {
      last = Optional.empty();
    }
    if (pass.payloads() > 0) {
      LOG.log(
          System.Logger.Level.INFO, "payloads_purged", LogFields.of("payloads", pass.payloads()));
    }
  }
}
