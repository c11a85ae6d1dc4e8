// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.RevokedBy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Compares what stands with what should, every quarter of a minute, and revokes what should not: it only
 * takes away. It waits for nothing on the thread of the chores, and a round that fails is told by readiness and
 * metrics, with its age, until one ends well.
 */
final class Reconciliation {
  static final Duration EVERY = Duration.ofSeconds(15);

  /** A round that failed is told once the next should have ended, too. */
  private static final Duration LATE = EVERY.multipliedBy(2);

  private static final System.Logger LOG = System.getLogger(Reconciliation.class.getName());

  private final WorkPool reads;
  private final UnfoundedArtifacts unfounded;
  private final ScopeRevocations revocations;
  private final ReconciliationMetrics metrics;
  private final InstantSource clock;

  @GuardedBy("this")
  private boolean running;

  @GuardedBy("this")
  private Instant began;

  /** When the last round that ended well began; before the first, when this was made. */
  @GuardedBy("this")
  private Instant good;

  @GuardedBy("this")
  private String failure = "none has ended yet";

  Reconciliation(
      WorkPool reads,
      UnfoundedArtifacts unfounded,
      ScopeRevocations revocations,
      Telemetry telemetry,
      InstantSource clock) {
    this.reads = reads;
    this.unfounded = unfounded;
    this.revocations = revocations;
    this.clock = clock;
    this.began = clock.instant();
    this.good = began;
    this.metrics = new ReconciliationMetrics(telemetry.registry(), this::age);
  }

  /** Begins a round if it is time and none is under way; waits for nothing. */
  void runIfDue() {
    if (begins()) {
      CompletionStage<Void> unused = round();
    }
  }

  private synchronized boolean begins() {
    Instant now = clock.instant();
    // A clock that fell back is gone by at once.
    boolean early = !now.isBefore(began) && now.isBefore(began.plus(EVERY));
    if (running || early) {
      return false;
    }
    running = true;
    began = now;
    return true;
  }

  private CompletionStage<Void> round() {
    long nanos = System.nanoTime();
    Instant at = clock.instant();
    return reads
        .submit(() -> unfounded.find(at))
        .thenCompose(
            all -> {
              CompletionStage<Optional<String>> done =
                  CompletableFuture.completedFuture(Optional.<String>empty());
              for (UnfoundedArtifacts.Unfounded each : all) {
                done =
                    done.thenCompose(
                        failed ->
                            revoked(each, nanos)
                                .thenApply(now -> failed.isPresent() ? failed : now));
              }
              return done.thenApply(failed -> new Ended(all, failed));
            })
        .handle(
            (ended, thrown) -> {
              ended(at, ended, thrown);
              return null;
            });
  }

  /** What a round found, and what of it failed. */
  private record Ended(List<UnfoundedArtifacts.Unfounded> found, Optional<String> failed) {}

  /** Empty where it is revoked, and tokens say so. */
  private CompletionStage<Optional<String>> revoked(UnfoundedArtifacts.Unfounded each, long nanos) {
    return revocations
        .revoke(each.meant(), each.reason(), RevokedBy.RECONCILIATION)
        .thenApply(
            outcome -> {
              if (outcome instanceof ScopeOutcome.Denied denied) {
                return Optional.of(denied.denial().message());
              }
              metrics.repaired(System.nanoTime() - nanos);
              LOG.log(
                  System.Logger.Level.WARNING,
                  "reconciled",
                  LogFields.of("reason", each.reason().wire())
                      .and("scope", each.meant().scope().wire())
                      .and("artifacts", ((ScopeOutcome.Revoked) outcome).artifacts()));
              return Optional.empty();
            });
  }

  private synchronized void ended(Instant at, Ended ended, Throwable thrown) {
    running = false;
    Optional<String> wrong =
        thrown == null
            ? ended.failed()
            : Optional.of(String.valueOf(Operations.cause(thrown).getMessage()));
    if (wrong.isEmpty()) {
      good = at;
    } else {
      failure = wrong.get();
      LOG.log(
          System.Logger.Level.WARNING, "reconciliation_failed", LogFields.of("message", failure));
    }
    metrics.ended(wrong.isPresent(), thrown == null && !ended.found().isEmpty());
  }

  /** How long ago a round began that ended well. */
  synchronized Duration age() {
    Duration age = Duration.between(good, clock.instant());
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** What readiness says of it: nothing while rounds end well. */
  synchronized Optional<String> notice() {
    Duration age = age();
    return age.compareTo(LATE) <= 0
        ? Optional.empty()
        : Optional.of(
            "what stands was compared with what should "
                + age.toSeconds()
                + " s ago, and must be each "
                + EVERY.toSeconds()
                + " s: "
                + failure);
  }
}
