// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.ContinuityOutcome.ClockBackwards;
import dev.writ.evidence.ContinuityOutcome.Count;
import dev.writ.evidence.ContinuityOutcome.CountLower;
import dev.writ.evidence.ContinuityOutcome.FirstSeen;
import dev.writ.evidence.ContinuityOutcome.NewBoot;
import dev.writ.evidence.ContinuityOutcome.OlderThanChallenge;
import dev.writ.evidence.ContinuityOutcome.Refused;
import dev.writ.evidence.ContinuityOutcome.SameBoot;
import dev.writ.evidence.ContinuityVerifier.LastQuote;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link ContinuityVerifier}, in the order of its steps; numbers are those of the negative cases. */
class ContinuityVerifierTest {
  private static final Instant SEEN = Instant.parse("2026-11-21T06:00:00Z");
  private static final long TICKS = 1_000_000;

  /** Later than what was seen, and so soon that Clock need not have advanced. */
  private static final Instant SOON = SEEN.plusMillis(1);

  private static ClockInfo at(long clock, long resets, long restarts) {
    return new ClockInfo(clock, resets, restarts, true);
  }

  private static ClockInfo unsafe(long clock, long resets, long restarts) {
    return new ClockInfo(clock, resets, restarts, false);
  }

  private static ContinuityOutcome judge(ClockInfo before, ClockInfo now, Instant challenged) {
    return judge(before, now, BootCounters.IN_CLEAR, challenged);
  }

  private static ContinuityOutcome judge(
      ClockInfo before, ClockInfo now, BootCounters counters, Instant challenged) {
    return ContinuityVerifier.judge(
        Optional.of(new LastQuote(before, SEEN)), now, counters, challenged);
  }

  @ParameterizedTest
  @EnumSource
  void nothingSeen_isTheFirst(BootCounters counters) {
    assertThat(ContinuityVerifier.judge(Optional.empty(), at(0, 0, 0), counters, SOON))
        .isEqualTo(new FirstSeen());
  }

  @Test
  void case42_resetCountLower_isARollback() {
    assertThat(judge(at(TICKS, 7, 3), at(TICKS + 1, 6, 9), SOON))
        .isEqualTo(new CountLower(Count.RESET, 7, 6, true));
    assertThat(judge(at(TICKS, 0xffff_ffffL, 0), at(TICKS, 0, 0), SOON))
        .isEqualTo(new CountLower(Count.RESET, 0xffff_ffffL, 0, true));
  }

  @Test
  void case42_restartCountLowerInOneReset_isARollback() {
    assertThat(judge(at(TICKS, 7, 3), at(TICKS + 1, 7, 2), SOON))
        .isEqualTo(new CountLower(Count.RESTART, 3, 2, true));
    assertThat(judge(at(TICKS, 7, 3), at(TICKS + 1, 8, 0), SOON)).isEqualTo(new NewBoot());
  }

  @Test
  void case42_resetCountLowerAndClockNotSafe_isARollback() {
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 6, 3), SOON))
        .isEqualTo(new CountLower(Count.RESET, 7, 6, true));
    assertThat(judge(unsafe(TICKS, 7, 3), unsafe(1, 6, 3), SOON))
        .isEqualTo(new CountLower(Count.RESET, 7, 6, true));
  }

  /** Its challenge is from before what was seen: the next boot's quote may have overtaken it. */
  @ParameterizedTest
  @ValueSource(longs = {0, -1, -60_000})
  void countLower_ofAQuoteAskedForBefore_isRefusedAndNoRollback(long millis) {
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 6, 3), SEEN.plusMillis(millis)))
        .isEqualTo(new CountLower(Count.RESET, 7, 6, false));
  }

  @Test
  void case42_clockBackwards_isARollbackInWhicheverBoot() {
    ClockBackwards backwards = new ClockBackwards(TICKS, TICKS - 1);

    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 1, 7, 3), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 1, 7, 4), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 1, 9, 0), SOON)).isEqualTo(backwards);
    assertThat(judge(unsafe(TICKS, 7, 3), at(TICKS - 1, 7, 3), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 7, 3), SOON)).isEqualTo(new SameBoot());
  }

  @Test
  void case42_clockBackwardsAndNotSafe_isNotCompared() {
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 7, 3), SOON)).isEqualTo(new SameBoot());
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 8, 0), SOON)).isEqualTo(new NewBoot());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void clockLower_ofAQuoteAskedForBefore_isOfTheSameBoot(long millis) {
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 1, 7, 3), SEEN.plusMillis(millis)))
        .isEqualTo(new SameBoot());
  }

  @Test
  void clock_isUnsigned() {
    assertThat(judge(at(Long.MAX_VALUE, 7, 3), at(Long.MIN_VALUE, 7, 3), SOON))
        .isEqualTo(new SameBoot());
    assertThat(judge(at(Long.MIN_VALUE, 7, 3), at(Long.MAX_VALUE, 7, 3), SOON))
        .isEqualTo(new ClockBackwards(Long.MIN_VALUE, Long.MAX_VALUE));
    assertThat(judge(at(0, 7, 3), at(-1, 7, 3), SOON)).isEqualTo(new SameBoot());
  }

  /** 65 % of the time, less a minute. */
  @ParameterizedTest
  @CsvSource({
    "92307, 0, true",
    "92308, 0, true",
    "92310, 0, false",
    "92310, 1, true",
    "600000, 329999, false",
    "600000, 330000, true",
    "600000, 600000, true",
    "86400000, 56099999, false",
    "86400000, 56100000, true",
  })
  void case41_clockOfOneBoot_advancedWithTimeOrIsOlderThanTheChallenge(
      long elapsed, long advanced, boolean continues) {
    ContinuityOutcome outcome =
        judge(at(TICKS, 7, 3), at(TICKS + advanced, 7, 3), SEEN.plusMillis(elapsed));

    if (continues) {
      assertThat(outcome).isEqualTo(new SameBoot());
    } else {
      assertThat(outcome)
          .isInstanceOfSatisfying(
              OlderThanChallenge.class,
              older -> {
                assertThat(older.elapsed()).isEqualTo(Duration.ofMillis(elapsed));
                assertThat(older.advanced()).isEqualTo(Duration.ofMillis(advanced));
                assertThat(older.isRollback()).isFalse();
              });
    }
  }

  @Test
  void case41_clockOfAnotherBootOrNotSafe_needNotHaveAdvanced() {
    Instant muchLater = SEEN.plus(Duration.ofDays(1));

    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 8, 0), muchLater)).isEqualTo(new NewBoot());
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 7, 4), muchLater)).isEqualTo(new NewBoot());
    assertThat(judge(at(TICKS, 7, 3), unsafe(TICKS, 7, 3), muchLater)).isEqualTo(new SameBoot());
    assertThat(judge(unsafe(TICKS, 7, 3), at(TICKS, 7, 3), muchLater)).isEqualTo(new SameBoot());
  }

  /** A constant is added to each, modulo 2^32: of two boots none is known to be the first. */
  @ParameterizedTest
  @CsvSource({"6, 3", "8, 3", "7, 2", "7, 4", "0, 0", "4294967295, 4294967295"})
  void case44_obfuscatedCounts_areEqualOrDifferentAndNothingMore(long resets, long restarts) {
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, resets, restarts), BootCounters.OBFUSCATED, SOON))
        .isEqualTo(new NewBoot());
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 7, 3), BootCounters.OBFUSCATED, SOON))
        .isEqualTo(new SameBoot());
  }

  @Test
  void case44_clockIsNotObfuscated() {
    assertThat(judge(at(TICKS, 7, 3), at(1, 9, 3), BootCounters.OBFUSCATED, SOON))
        .isEqualTo(new ClockBackwards(TICKS, 1));
  }

  @Test
  void case44_countsAreInClear_whereTheKeyIsKnownToBeOfTheEndorsementHierarchyAlone() {
    SoftwareAk ak = SoftwareAk.p256();
    TpmName name = ak.publicArea.name();
    TpmName owner = new TpmName(Octets.fromHex("40000001"));

    assertThat(ak.enrolled().bootCounters()).isEqualTo(BootCounters.OBFUSCATED);
    assertThat(ak.enrolled().withQualifiedName(name.qualifiedUnder(owner)).bootCounters())
        .isEqualTo(BootCounters.OBFUSCATED);
    assertThat(
            ak.enrolled()
                .withQualifiedName(name.qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY))
                .bootCounters())
        .isEqualTo(BootCounters.IN_CLEAR);
  }

  @Test
  void refusals_sayWhatMustHoldAndWhatWas() {
    assertThat((Refused) judge(at(TICKS, 7, 3), at(TICKS, 6, 3), SOON))
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("reset_count_lower");
              assertThat(refused.message()).contains("at least 7", "was 6", "went back");
            });
    assertThat((Refused) judge(at(TICKS, 7, 3), at(TICKS, 7, 2), SEEN))
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("restart_count_lower");
              assertThat(refused.message()).contains("at least 3", "was 2", "ask for another");
            });
    assertThat((Refused) judge(at(TICKS, 7, 3), at(1, 7, 3), SOON))
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("clock_backwards");
              assertThat(refused.message()).contains("at least 1000000 ms", "was 1 ms");
            });
    assertThat((Refused) judge(at(TICKS, 7, 3), at(TICKS, 7, 3), SEEN.plusSeconds(600)))
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("quote_older_than_challenge");
              assertThat(refused.message())
                  .contains("PT5M30S", "PT10M", "PT0S", "paused", "restart");
            });
  }
}
