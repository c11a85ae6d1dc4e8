// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Judges whether a quote can follow upon what was last seen of its attestation key (Part 1, 36). In this
 * order:
 *
 * <ol>
 *   <li>{@code resetCount} is not lower, and in one reset {@code restartCount} is not: where they are in
 *       clear. Obfuscated ones are equal or different, and nothing more
 *   <li>{@code Clock} is not lower, in whichever boot: where the quote's is safe, and the earlier quote
 *       had come before this challenge was made. Of two quotes that were asked for side by side either
 *       may come first
 *   <li>in one boot, both clocks safe, Clock advanced with the time between the earlier quote and the
 *       challenge. Else the quote is older than the challenge, which somebody knew beforehand
 * </ol>
 *
 * <p>While {@code safe} is NO, Clock may be lower than it was (Part 1, 36.3) and is not compared.
 */
public final class ContinuityVerifier {
  /**
   * Least that Clock advances in 100 of time. TPM2_ClockRateAdjust (Part 3, 29.3) and the tolerance of
   * its oscillator together may slow it by 32.5 % (Part 1, 36).
   */
  static final int LEAST_RATE_PERCENT = 65;

  /** What a challenge's and an earlier quote's times may be wrong by, together. */
  static final Duration SLACK = Duration.ofSeconds(60);

  private ContinuityVerifier() {}

  /**
   * An earlier quote of the same key.
   *
   * @param clock as it was signed
   * @param seen when it had come
   */
  public record LastQuote(ClockInfo clock, Instant seen) {}

  /**
   * Judges a quote.
   *
   * @param last of all quotes of this key the one of its last boot with the greatest clock
   * @param challenged when the challenge was made that the quote answers
   */
  public static ContinuityOutcome judge(
      Optional<LastQuote> last, VerifiedQuote quote, Instant challenged) {
    return judge(last, quote.clockInfo(), quote.ak().bootCounters(), challenged);
  }

  static ContinuityOutcome judge(
      Optional<LastQuote> last, ClockInfo now, BootCounters counters, Instant challenged) {
    if (last.isEmpty()) {
      return new ContinuityOutcome.FirstSeen();
    }
    ClockInfo before = last.get().clock();
    Duration elapsed = Duration.between(last.get().seen(), challenged);
    // Of equal milliseconds nothing says which was first.
    boolean isLater = !elapsed.isNegative() && !elapsed.isZero();
    if (counters == BootCounters.IN_CLEAR) {
      Optional<ContinuityOutcome> lower = lowerCount(before, now, isLater);
      if (lower.isPresent()) {
        return lower.get();
      }
    }
    if (now.safe() && isLater && Long.compareUnsigned(now.clock(), before.clock()) < 0) {
      return new ContinuityOutcome.ClockBackwards(before.clock(), now.clock());
    }
    boolean sameBoot =
        now.resetCount() == before.resetCount() && now.restartCount() == before.restartCount();
    if (!sameBoot) {
      return new ContinuityOutcome.NewBoot();
    }
    if (now.safe() && before.safe() && isLater) {
      Duration least = elapsed.multipliedBy(LEAST_RATE_PERCENT).dividedBy(100).minus(SLACK);
      long advanced = now.clock() - before.clock();
      if (Long.compareUnsigned(advanced, Math.max(0, least.toMillis())) < 0) {
        return new ContinuityOutcome.OlderThanChallenge(
            elapsed, least, Duration.ofMillis(advanced));
      }
    }
    return new ContinuityOutcome.SameBoot();
  }

  private static Optional<ContinuityOutcome> lowerCount(
      ClockInfo before, ClockInfo now, boolean isLater) {
    if (now.resetCount() < before.resetCount()) {
      return Optional.of(
          new ContinuityOutcome.CountLower(
              ContinuityOutcome.Count.RESET, before.resetCount(), now.resetCount(), isLater));
    }
    if (now.resetCount() == before.resetCount() && now.restartCount() < before.restartCount()) {
      return Optional.of(
          new ContinuityOutcome.CountLower(
              ContinuityOutcome.Count.RESTART, before.restartCount(), now.restartCount(), isLater));
    }
    return Optional.empty();
  }
}
