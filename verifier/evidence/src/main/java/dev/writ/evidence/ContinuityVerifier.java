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
 *   <li>{@code Clock} is not lower: in one boot, whatever {@code safe} says, and in another where the
 *       quote's is safe; where the earlier quote had come before this challenge was made. Of two quotes
 *       that were asked for side by side either may come first, and times are wrong by {@link #SLACK}
 *   <li>in one boot Clock advanced with the time between its anchor and the challenge. Else the quote is
 *       older than the challenge, which somebody knew beforehand
 * </ol>
 *
 * <p>After a power cut, while {@code safe} is NO, Clock may be lower than it was in the boot before (Part
 * 1, 36.3) and is not compared with that. In one boot there is no power cut, and it never falls.
 */
public final class ContinuityVerifier {
  /**
   * Least that Clock advances in 100 of time. TPM2_ClockRateAdjust (Part 3, 29.3) and the tolerance of
   * its oscillator together may slow it by 32.5 % (Part 1, 36).
   */
  static final int LEAST_RATE_PERCENT = 65;

  /** What a challenge's and an earlier quote's times may be wrong by, together. */
  public static final Duration SLACK = Duration.ofSeconds(60);

  /** More than any difference of Clock that matters, in milliseconds: 34 years. */
  private static final long FAR = 1L << 40;

  private ContinuityVerifier() {}

  /**
   * An earlier quote of the same key.
   *
   * @param clock as it was signed
   * @param seen when it had come
   * @param anchor since when Clock must advance: {@code seen} of a boot's first quote, and {@link
   *     ContinuityVerifier#anchor} of each after it
   */
  public record LastQuote(ClockInfo clock, Instant seen, Instant anchor) {}

  /**
   * The anchor that goes with a quote of the same boot. It never moves faster than Clock lets it, so that
   * what each quote may lag behind does not add up.
   *
   * @param seen when the quote had come
   */
  public static Instant anchor(LastQuote last, ClockInfo now, Instant seen) {
    long reaches = advanced(last.clock(), now) * 100 / LEAST_RATE_PERCENT;
    Instant reached = last.anchor().plusMillis(reaches);
    return reached.isBefore(seen) ? reached : seen;
  }

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
    boolean sameBoot =
        now.resetCount() == before.resetCount() && now.restartCount() == before.restartCount();
    long advanced = advanced(before, now);
    if ((sameBoot || now.safe()) && isLater && advanced < 0) {
      boolean maySideBySide =
          elapsed.compareTo(SLACK) <= 0 && Duration.ofMillis(-advanced).compareTo(SLACK) <= 0;
      if (!sameBoot || !maySideBySide) {
        return new ContinuityOutcome.ClockBackwards(before.clock(), now.clock(), !maySideBySide);
      }
    }
    if (!sameBoot) {
      return counters == BootCounters.IN_CLEAR || isLater
          ? new ContinuityOutcome.NewBoot()
          : new ContinuityOutcome.Overtaken();
    }
    Duration since = Duration.between(last.get().anchor(), challenged);
    if (!since.isNegative()) {
      Duration least = since.multipliedBy(LEAST_RATE_PERCENT).dividedBy(100).minus(SLACK);
      if (advanced < least.toMillis()) {
        return new ContinuityOutcome.OlderThanChallenge(since, least, Duration.ofMillis(advanced));
      }
    }
    return new ContinuityOutcome.SameBoot();
  }

  /** How far Clock advanced, in milliseconds, {@link #FAR} at most either way. */
  private static long advanced(ClockInfo before, ClockInfo now) {
    return Long.compareUnsigned(now.clock(), before.clock()) >= 0
        ? near(now.clock() - before.clock())
        : -near(before.clock() - now.clock());
  }

  private static long near(long unsigned) {
    return Long.compareUnsigned(unsigned, FAR) > 0 ? FAR : unsigned;
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
