// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.ContinuityOutcome.ClockBackwards;
import dev.writ.evidence.ContinuityOutcome.Count;
import dev.writ.evidence.ContinuityOutcome.CountLower;
import dev.writ.evidence.ContinuityOutcome.FirstSeen;
import dev.writ.evidence.ContinuityOutcome.NewBoot;
import dev.writ.evidence.ContinuityOutcome.OlderThanChallenge;
import dev.writ.evidence.ContinuityOutcome.Overtaken;
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
        Optional.of(new LastQuote(before, SEEN, SEEN)), now, counters, challenged);
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
    ClockBackwards backwards = new ClockBackwards(TICKS, TICKS - 60_001, true);

    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 60_001, 7, 3), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 60_001, 7, 4), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 60_001, 9, 0), SOON)).isEqualTo(backwards);
    assertThat(judge(unsafe(TICKS, 7, 3), at(TICKS - 60_001, 7, 3), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - 1, 7, 3), SEEN.plusMillis(60_001)))
        .isEqualTo(new ClockBackwards(TICKS, TICKS - 1, true));
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 7, 3), SOON)).isEqualTo(new SameBoot());
  }

  /** One boot is one power cycle: Clock does not fall in it, whatever the TPM says of the boots before. */
  @Test
  void case42_clockBackwardsInOneBootAndNotSafe_isARollback() {
    ClockBackwards backwards = new ClockBackwards(TICKS, 1, true);

    assertThat(judge(unsafe(TICKS, 7, 3), unsafe(1, 7, 3), SOON)).isEqualTo(backwards);
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 7, 3), SOON)).isEqualTo(backwards);
  }

  @Test
  void case42_clockBackwardsInAnotherBootAndNotSafe_isNotCompared() {
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 7, 4), SOON)).isEqualTo(new NewBoot());
    assertThat(judge(at(TICKS, 7, 3), unsafe(1, 8, 0), SOON)).isEqualTo(new NewBoot());
  }

  /** The quotes were asked for side by side, and between them the service's clock went back by 2 s. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2000, 1", "2000, 1900", "60000, 1", "1, 59999"})
  void clockLower_byNoMoreThanTimesMayBeWrong_voidsNothing(long elapsed, long lower) {
    Instant challenged = SEEN.plusMillis(elapsed);

    assertThat(judge(at(TICKS, 7, 3), at(TICKS - lower, 7, 3), challenged))
        .isEqualTo(new SameBoot());
    assertThat(judge(unsafe(TICKS, 7, 3), unsafe(TICKS - lower, 7, 3), challenged))
        .isEqualTo(new SameBoot());
    assertThat(judge(at(TICKS, 7, 3), at(TICKS - lower, 7, 4), challenged))
        .isEqualTo(new ClockBackwards(TICKS, TICKS - lower, false));
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
    assertThat(judge(at(Long.MIN_VALUE, 7, 3), at(Long.MAX_VALUE - 60_000, 7, 3), SOON))
        .isEqualTo(new ClockBackwards(Long.MIN_VALUE, Long.MAX_VALUE - 60_000, true));
    assertThat(judge(at(-1, 7, 3), at(0, 7, 3), SOON)).isEqualTo(new ClockBackwards(-1, 0, true));
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
  void case41_clockOfAnotherBoot_needNotHaveAdvanced() {
    Instant muchLater = SEEN.plus(Duration.ofDays(1));

    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 8, 0), muchLater)).isEqualTo(new NewBoot());
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 7, 4), muchLater)).isEqualTo(new NewBoot());
  }

  @Test
  void case41_clockNotSafe_mustHaveAdvancedLikewise() {
    Instant muchLater = SEEN.plus(Duration.ofDays(1));

    assertThat(judge(at(TICKS, 7, 3), unsafe(TICKS, 7, 3), muchLater))
        .isInstanceOf(OlderThanChallenge.class);
    assertThat(judge(unsafe(TICKS, 7, 3), at(TICKS, 7, 3), muchLater))
        .isInstanceOf(OlderThanChallenge.class);
    assertThat(judge(unsafe(TICKS, 7, 3), unsafe(TICKS, 7, 3), muchLater))
        .isInstanceOf(OlderThanChallenge.class);
  }

  /**
   * A host that asks every so often, each answer a second after its challenge.
   *
   * @param percent of time that Clock advances by
   * @return which of its applications is the first that is refused; 0 where none is
   */
  private static int firstRefused(Duration every, int percent, int applications) {
    LastQuote last = new LastQuote(at(TICKS, 7, 3), SEEN, SEEN);
    for (int i = 1; i <= applications; i++) {
      Duration since = every.multipliedBy(i);
      ClockInfo now = at(TICKS + since.toMillis() * percent / 100, 7, 3);
      Instant challenged = SEEN.plus(since);
      ContinuityOutcome outcome =
          ContinuityVerifier.judge(Optional.of(last), now, BootCounters.IN_CLEAR, challenged);
      if (!(outcome instanceof SameBoot)) {
        assertThat(outcome).isInstanceOf(OlderThanChallenge.class);
        return i;
      }
      Instant seen = challenged.plusSeconds(1);
      last = new LastQuote(now, seen, ContinuityVerifier.anchor(last, now, seen));
    }
    return 0;
  }

  /** However often it asks, what each quote may lag behind does not add up. */
  @ParameterizedTest
  @CsvSource({"80, 0, 2", "10, 0, 10", "1, 0, 93", "30, 50, 14"})
  void case41_clockThatStandsStillOrIsSlow_isFoundAtOneOfTheNext(
      int seconds, int percent, int application) {
    assertThat(firstRefused(Duration.ofSeconds(seconds), percent, 1000)).isEqualTo(application);
  }

  @ParameterizedTest
  @CsvSource({"10, 100", "300, 100", "10, 65", "300, 65", "1, 133", "86400, 65"})
  void case41_clockThatAdvancesAsItMust_isNeverOlder(int seconds, int percent) {
    assertThat(firstRefused(Duration.ofSeconds(seconds), percent, 5000)).isZero();
  }

  /** The challenges are always from before the quote that was last seen had come. */
  @Test
  void case41_clockThatStandsStill_isFoundInChallengesThatOverlapToo() {
    LastQuote last = new LastQuote(at(TICKS, 7, 3), SEEN.plusSeconds(100), SEEN);

    assertThat(
            ContinuityVerifier.judge(
                Optional.of(last), at(TICKS, 7, 3), BootCounters.IN_CLEAR, SEEN.plusSeconds(99)))
        .isInstanceOf(OlderThanChallenge.class);
  }

  @Test
  void anchor_movesNoFasterThanClockAllows_andNotPastWhatWasSeen() {
    LastQuote last = new LastQuote(at(TICKS, 7, 3), SEEN, SEEN.minusSeconds(30));
    Instant seen = SEEN.plusSeconds(100);

    assertThat(ContinuityVerifier.anchor(last, at(TICKS, 7, 3), seen)).isEqualTo(last.anchor());
    assertThat(ContinuityVerifier.anchor(last, at(TICKS + 6_500, 7, 3), seen))
        .isEqualTo(SEEN.minusSeconds(20));
    assertThat(ContinuityVerifier.anchor(last, at(TICKS - 6_500, 7, 3), seen))
        .isEqualTo(SEEN.minusSeconds(40));
    assertThat(ContinuityVerifier.anchor(last, at(TICKS + 100_000, 7, 3), seen)).isEqualTo(seen);
    assertThat(ContinuityVerifier.anchor(last, at(-1, 7, 3), seen)).isEqualTo(seen);
    assertThat(ContinuityVerifier.anchor(last, at(TICKS + 1, 7, 3), SEEN.minusSeconds(40)))
        .as("the service's clock went back")
        .isEqualTo(SEEN.minusSeconds(40));
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

  /** Of either boot the quote may have been overtaken by the other's. */
  @ParameterizedTest
  @ValueSource(longs = {0, -1, -60_000})
  void case44_obfuscatedCountsThatDiffer_ofAQuoteAskedForBefore_areRefusedAndNoRollback(
      long millis) {
    Instant challenged = SEEN.plusMillis(millis);

    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 8, 0), BootCounters.OBFUSCATED, challenged))
        .isEqualTo(new Overtaken());
    assertThat(new Overtaken().isRollback()).isFalse();
    assertThat(judge(at(TICKS, 7, 3), at(TICKS, 8, 0), BootCounters.IN_CLEAR, challenged))
        .isEqualTo(new NewBoot());
  }

  @Test
  void case44_clockIsNotObfuscated() {
    assertThat(judge(at(TICKS, 7, 3), at(1, 9, 3), BootCounters.OBFUSCATED, SOON))
        .isEqualTo(new ClockBackwards(TICKS, 1, true));
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
    assertThat((Refused) judge(at(TICKS, 7, 3), at(TICKS - 1, 8, 3), SOON))
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("clock_backwards");
              assertThat(refused.message()).contains("was 999999 ms", "ask for another");
            });
    assertThat((Refused) new Overtaken())
        .satisfies(
            refused -> {
              assertThat(refused.reason()).isEqualTo("boot_overtaken");
              assertThat(refused.message()).contains("must answer", "ask for another");
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
