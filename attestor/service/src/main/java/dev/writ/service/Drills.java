// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedDrillReportException;
import dev.writ.artifact.SignedDrill;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Takes operators' reports of drills into the ledger: who reads the log sees when the last one was, and how
 * it went. The report is believed for its signature alone; this service was what was tried.
 */
public final class Drills {
  /** How old a drill may be that is told of: an older one says nothing of the service as it is. */
  static final Duration LATEST = Duration.ofHours(1);

  /** Each is a leaf for ever, and a report beside it. */
  static final int MOST_A_MINUTE = 6;

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Operations operations;
  private final WorkPool appraisal;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final InstantSource clock;
  private final SecureRandom random;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private long began;

  @GuardedBy("this")
  private int taken = MOST_A_MINUTE;

  Drills(
      Operations operations,
      WorkPool appraisal,
      Ledger ledger,
      TrustFiles trust,
      InstantSource clock,
      SecureRandom random,
      LongSupplier nanos) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.ledger = ledger;
    this.trust = trust;
    this.clock = clock;
    this.random = random;
    this.nanos = nanos;
    this.began = nanos.getAsLong() - MINUTE_NANOS;
  }

  /** What became of a report. */
  public sealed interface Outcome {
    /** The ledger has it. */
    record Logged(CommitOutcome.Receipt receipt) implements Outcome {}

    /** It has not. */
    record Denied(Denial denial) implements Outcome {}
  }

  /**
   * Takes a report.
   *
   * @param json a {@link SignedDrill}, as received
   */
  public CompletionStage<Outcome> take(byte[] json) {
    return operations.begin(
        "a drill's report",
        () ->
            appraisal
                .submit(() -> judged(json))
                .thenCompose(drill -> ledger.commit(entry(drill)))
                .thenApply(Drills::outcome),
        Outcome.Denied::new);
  }

  private SignedDrill judged(byte[] json) {
    SignedDrill drill;
    try {
      drill = SignedDrill.parse(json);
    } catch (MalformedDrillReportException e) {
      throw new DeniedException(
          Denial.malformed("drill_malformed", String.valueOf(e.getMessage())));
    }
    DrillReport report = drill.report();
    String issuer = trust.newest().content().issuer();
    String origin = trust.newest().logOrigin();
    if (!report.issuer().equals(issuer) || !report.logOrigin().equals(origin)) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "drill_elsewhere",
          "the drill must be of " + issuer + " and its log " + origin + ", and is of another");
    }
    if (!drill.isSignedBy(trust.newest().content().operators())) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "drill_signature",
          "the report must be signed by an operator of the trust file, and is not");
    }
    Instant now = Instant.ofEpochMilli(clock.millis());
    if (report.ended().isAfter(now.plus(trust.newest().content().skew()))) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "drill_ahead",
          "a drill must have ended, and this one ends at " + report.ended());
    }
    if (report.ended().isBefore(now.minus(LATEST))) {
      throw denied(
          DenialCode.EXPIRED,
          "drill_old",
          "a drill must have ended no longer ago than "
              + LATEST
              + ", and this one did at "
              + report.ended()
              + ": make another");
    }
    if (!takeTurn()) {
      throw new DeniedException(
          Denial.overloaded(
              "drill_rate",
              "at most " + MOST_A_MINUTE + " drills a minute are told of; send it again later"));
    }
    return drill;
  }

  private synchronized boolean takeTurn() {
    long now = nanos.getAsLong();
    if (now - began >= MINUTE_NANOS) {
      began = now;
      taken = 0;
    }
    if (taken == MOST_A_MINUTE) {
      return false;
    }
    taken++;
    return true;
  }

  private Entry entry(SignedDrill drill) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(),
            drill.summary());
    return Entry.of(leaf).withPayload(Payload.drill(drill, Commitment.newSalt(random)));
  }

  private static Outcome outcome(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return new Outcome.Logged(receipt);
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return new Outcome.Denied(Denial.of(unavailable));
    }
    throw new IllegalStateException("bug: a drill needs and changes nothing, yet got " + outcome);
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }
}
