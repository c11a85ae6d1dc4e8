// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Witnesses;
import dev.writ.policy.Decision;
import java.util.Optional;

/**
 * Why somebody does not get what they asked for.
 *
 * @param code which of the design's codes
 * @param reason the finer reason, a stable snake_case word or a rule's id
 * @param message what must hold, what was, and where useful what to do next
 * @param ground what it rests on
 * @param next what would turn it into an allow, where that is known
 */
public record Denial(
    DenialCode code, String reason, String message, Ground ground, Optional<StepUp> next) {
  /** What a denial rests on; with it comes what the caller can do. */
  public enum Ground {
    /** What was sent has no form that could be judged. */
    MALFORMED,
    /** What was sent was judged: sent again, it is denied again. */
    JUDGED,
    /** The service could not judge, or not keep or sign what it judged. */
    UNAVAILABLE,
    /** More was asked than may be: nothing was decided, and nothing failed. */
    OVERLOADED,
    /** As much as may be waits for people already: there is room once they have dealt with it. */
    CROWDED
  }

  static final String LEDGER_UNAVAILABLE = "ledger_unavailable";

  /** What lies beside a leaf is not what the service put there. */
  static final String PAYLOAD_CONTRADICTS = "payload_contradicts";

  /** The ledger is well, and too few of its witnesses are. */
  static final String WITNESSES_UNAVAILABLE = "witnesses_unavailable";

  /** What is asked for left the ledger's store, and its archive does not have it. */
  static final String ARCHIVE_UNAVAILABLE = "archive_unavailable";

  /** A denial after which nothing is known to help. */
  public Denial(DenialCode code, String reason, String message, Ground ground) {
    this(code, reason, message, ground, Optional.empty());
  }

  /** A denial after judgement. */
  public Denial(DenialCode code, String reason, String message) {
    this(code, reason, message, Ground.JUDGED);
  }

  /** A policy's denial, by its first reason. */
  static Denial of(Decision.Deny denied, Optional<StepUp> next) {
    Decision.Reason first = denied.reasons().get(0);
    return new Denial(
        DenialCode.valueOf(denied.code().name()), first.rule(), first.user(), Ground.JUDGED, next);
  }

  /** What was sent has no form that could be judged. */
  public static Denial malformed(String reason, String message) {
    return new Denial(DenialCode.UNVERIFIABLE, reason, message, Ground.MALFORMED);
  }

  /** Something that is needed to judge cannot be had now. */
  public static Denial unavailable(String reason, String message) {
    return new Denial(DenialCode.UNVERIFIABLE, reason, message, Ground.UNAVAILABLE);
  }

  /** More was asked, by all or by one, than is answered at a time. */
  static Denial overloaded(String reason, String message) {
    return new Denial(DenialCode.UNVERIFIABLE, reason, message, Ground.OVERLOADED);
  }

  /** As much waits for people as may. */
  static Denial crowded(String reason, String message) {
    return new Denial(DenialCode.POLICY_DENIED, reason, message, Ground.CROWDED);
  }

  static Denial of(LedgerException e) {
    return unavailable(reason(e.code()), String.valueOf(e.getMessage()));
  }

  static Denial of(CommitOutcome.Unavailable unavailable) {
    return unavailable(reason(unavailable.code()), unavailable.message());
  }

  private static String reason(String code) {
    return switch (code) {
      case Witnesses.QUORUM_MISSED -> WITNESSES_UNAVAILABLE;
      case KeptPayload.CONTRADICTS -> PAYLOAD_CONTRADICTS;
      case ArchiveConfig.FAILED -> ARCHIVE_UNAVAILABLE;
      default -> LEDGER_UNAVAILABLE;
    };
  }

  /** Whether the same may be granted a little later, with a new challenge where it takes one. */
  public boolean retryable() {
    return ground == Ground.UNAVAILABLE || ground == Ground.OVERLOADED;
  }
}
