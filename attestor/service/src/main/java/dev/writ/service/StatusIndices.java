// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.StatusBlock;
import dev.writ.ledger.StatusIndex;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the status indices of artifacts, from blocks that are reserved in the ledger: one that is
 * handed out is nobody else's until its artifact counts for nobody any more. The next block is reserved
 * while there is half of this one, so that an issuance waits for none but the first.
 *
 * <p>What a crash leaves of a block is lost until the block's time is past; then all of it is reserved
 * anew.
 */
final class StatusIndices {
  /** How long a block is handed out from. */
  static final Duration HANDED_OUT_FOR = Duration.ofMinutes(10);

  private final Ledger ledger;
  private final StatusTokens tokens;
  private final Supplier<Duration> lifetime;
  private final InstantSource clock;

  @GuardedBy("this")
  private @Nullable Run current;

  @GuardedBy("this")
  private @Nullable CompletableFuture<Run> next;

  /** A block while it is handed out. */
  private static final class Run {
    private final StatusBlock block;
    private final Instant until;
    private final Duration counts;
    private int place;

    private Run(StatusBlock block, Instant until, Duration counts) {
      this.block = block;
      this.until = until;
      this.counts = counts;
    }
  }

  /**
   * Indices of blocks.
   *
   * @param lifetime the longest of an artifact, as of now: a block that was reserved for shorter lives is
   *     handed out from no more
   */
  StatusIndices(
      Ledger ledger, StatusTokens tokens, Supplier<Duration> lifetime, InstantSource clock) {
    this.ledger = ledger;
    this.tokens = tokens;
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /**
   * Reserves the first block.
   *
   * @return completes when its list has a token; exceptionally as {@link #next}
   */
  synchronized CompletionStage<?> prepare() {
    CompletableFuture<Run> first = reserve(clock.instant());
    next = first;
    return first;
  }

  /**
   * An index for an artifact that is decided now, of a list that has a token.
   *
   * @return complete, but where a block is still being reserved; exceptionally as {@link
   *     StatusTokens#publish}
   */
  synchronized CompletionStage<StatusIndex> next() {
    Instant now = clock.instant();
    Run run = current;
    if (run != null
        && run.place < run.block.size()
        && now.isBefore(run.until)
        && run.counts.compareTo(counts()) >= 0) {
      StatusIndex index = run.block.index(run.place++);
      boolean isHalfOver =
          run.place >= run.block.size() / 2
              || now.isAfter(run.until.minus(HANDED_OUT_FOR.dividedBy(2)));
      if (isHalfOver && next == null) {
        next = reserve(now);
      }
      return CompletableFuture.completedFuture(index);
    }
    CompletableFuture<Run> reserved =
        next == null || next.isCompletedExceptionally() ? reserve(now) : next;
    next = reserved;
    return reserved.thenCompose(
        fresh -> {
          begin(reserved, fresh);
          return next();
        });
  }

  private synchronized void begin(CompletableFuture<Run> reserved, Run fresh) {
    if (next == reserved) {
      current = fresh;
      next = null;
    }
  }

  /** How long an index is its artifact's at most. */
  private Duration counts() {
    return lifetime.get().plus(tokens.maxAge());
  }

  private CompletableFuture<Run> reserve(Instant now) {
    Instant until = now.plus(HANDED_OUT_FOR);
    Duration counts = counts();
    return ledger
        .reserveStatusBlock(until.plus(counts))
        .exceptionally(
            failure -> {
              throw DeniedException.of(failure);
            })
        .thenCompose(
            block -> tokens.publish(block.list()).thenApply(done -> new Run(block, until, counts)))
        .toCompletableFuture();
  }
}
