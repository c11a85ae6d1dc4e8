// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Duration;

/** How a quote follows upon what was last seen of its attestation key. */
public sealed interface ContinuityOutcome {
  /** Nothing was seen of the key before. */
  record FirstSeen() implements ContinuityOutcome {}

  /** The TPM has been neither reset nor restarted since. */
  record SameBoot() implements ContinuityOutcome {}

  /** It has been: what was said of its boot before holds no more. */
  record NewBoot() implements ContinuityOutcome {}

  /** It cannot follow. */
  sealed interface Refused extends ContinuityOutcome, Refusal {
    /**
     * Whether the TPM's state went back: what was last seen had come before this quote was asked for, and
     * the TPM has forgotten it.
     */
    boolean isRollback();
  }

  /** Which of the two counts. */
  enum Count {
    /** TPM Resets: reboots. */
    RESET("reset"),
    /** TPM Restarts and Resumes: sleep. */
    RESTART("restart");

    private final String word;

    Count(String word) {
      this.word = word;
    }
  }

  /**
   * A count is lower than it was: the quote is of an earlier boot, or the TPM's state went back.
   *
   * @param before as last seen
   * @param isRollback false where the quote was asked for before that: it may have been overtaken by one
   *     of the next boot
   */
  record CountLower(Count count, long before, long now, boolean isRollback) implements Refused {
    @Override
    public String reason() {
      return count.word + "_count_lower";
    }

    @Override
    public String message() {
      return "the TPM's "
          + count.word
          + "Count must be at least "
          + before
          + ", as in an earlier quote, was "
          + now
          + (isRollback
              ? ": its state went back (a snapshot that was restored, a TPM that was cleared); find out"
                  + " why, then restart the host until the count has passed"
              : ": the host was restarted since the challenge; ask for another");
    }
  }

  /**
   * Clock is lower than it was, in the same boot or where the TPM says that this is safe: its state went
   * back.
   *
   * @param before as last seen, unsigned milliseconds
   * @param now unsigned milliseconds
   * @param isRollback false where the service's own clock may have stepped back by as much: the quote may
   *     be the earlier one
   */
  record ClockBackwards(long before, long now, boolean isRollback) implements Refused {
    @Override
    public String reason() {
      return "clock_backwards";
    }

    @Override
    public String message() {
      return "the TPM's Clock must be at least "
          + Long.toUnsignedString(before)
          + " ms, as in an earlier quote, was "
          + Long.toUnsignedString(now)
          + " ms"
          + (isRollback
              ? ": its state went back (a snapshot that was restored, a TPM that was cleared); find out"
                  + " why, then wait until its Clock has passed"
              : ": it is of an earlier boot, or the TPM's state went back; ask for another");
    }
  }

  /** Obfuscated counts are other than they were, and the challenge is no later: any boot may be the earlier. */
  record Overtaken() implements Refused {
    @Override
    public boolean isRollback() {
      return false;
    }

    @Override
    public String reason() {
      return "boot_overtaken";
    }

    @Override
    public String message() {
      return "a quote of another boot must answer a challenge that was made after the last quote had come,"
          + " answered an earlier one: the host was restarted since the challenge; ask for another";
    }
  }

  /**
   * Clock advanced less than it must have until the challenge.
   *
   * @param elapsed from the {@link ContinuityVerifier.LastQuote#anchor} to when this challenge was made
   * @param least how much Clock must have advanced
   * @param advanced how much it did since the earlier quote
   */
  record OlderThanChallenge(Duration elapsed, Duration least, Duration advanced)
      implements Refused {
    @Override
    public boolean isRollback() {
      return false;
    }

    @Override
    public String reason() {
      return "quote_older_than_challenge";
    }

    @Override
    public String message() {
      return "the TPM's Clock must have advanced by at least "
          + least
          + " in the "
          + elapsed
          + " between what earlier quotes of this boot account for and this challenge, advanced by "
          + advanced
          + ": the quote was made before its challenge, or the TPM stood still (a virtual machine that was"
          + " paused); restart the host, or put it to sleep and wake it";
    }
  }
}
