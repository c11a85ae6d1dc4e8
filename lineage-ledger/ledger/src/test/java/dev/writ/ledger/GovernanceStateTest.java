// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.GovernanceSamples.ALICE;
import static dev.writ.ledger.GovernanceSamples.BOB;
import static dev.writ.ledger.GovernanceSamples.change;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leafAt;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.GovernanceChange.Begin;
import dev.writ.ledger.GovernanceChange.End;
import dev.writ.ledger.GovernanceChange.Freeze;
import dev.writ.ledger.GovernanceChange.Review;
import dev.writ.ledger.GovernanceChange.Unfreeze;
import dev.writ.ledger.Precondition.ModeIs;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mode of the service: break-glass once a grant, freezes that outlast it, and decisions that name it. */
@Tag("any-store")
class GovernanceStateTest {
  private static final Instant ENDS = NOW.plusSeconds(60);
  private static final Instant REVIEW_BY = NOW.plusSeconds(120);

  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static Begin begin(Hash grant) {
    return new Begin(grant, ALICE, OptionalLong.empty(), ENDS, REVIEW_BY);
  }

  private CommitOutcome at(Instant time, GovernanceChange change) {
    return commit(ledger, Entry.of(leafAt(time), change(change)));
  }

  @CanIgnoreReturnValue
  private long made(Instant time, GovernanceChange change) throws Exception {
    return receipt(at(time, change)).index();
  }

  private void assertRefused(Instant time, GovernanceChange change, Refusal why) throws Exception {
    GovernanceMode before = ledger.governanceMode();
    assertThat(at(time, change)).isEqualTo(new Refused(change(change), why));
    assertThat(ledger.governanceMode()).isEqualTo(before);
  }

  @Test
  void breakglass_runsFromItsLeafToItsEnd_byTimeAlone_afterReopeningToo() throws Exception {
    assertThat(ledger.governanceMode()).isEqualTo(GovernanceMode.NORMAL);
    Hash grant = digest();

    long leaf = made(NOW, begin(grant));

    for (int round = 0; round < 2; round++) {
      GovernanceMode mode = ledger.governanceMode();
      assertThat(mode.leafIndex()).isEqualTo(leaf);
      assertThat(mode.running(ENDS.minusMillis(1)))
          .contains(new GovernanceMode.Breakglass(grant, leaf, ENDS));
      assertThat(mode.running(ENDS)).isEmpty();
      assertThat(mode.isFrozen(NOW)).isFalse();
      assertThat(ledger.breakglassUses())
          .isEqualTo(ledger.unreviewedBreakglass())
          .containsExactly(
              new BreakglassUse(
                  grant, leaf, ALICE, ENDS, REVIEW_BY, OptionalLong.empty(), OptionalLong.empty()));
      ledger.close();
      open();
    }
  }

  @Test
  void grant_usedTwice_isRefused_alsoByTwoAtOnce() throws Exception {
    Hash grant = digest();
    List<Entry> both =
        List.of(
            Entry.of(leafAt(NOW), change(begin(grant))),
            Entry.of(leafAt(NOW), change(begin(grant))));

    List<CommitOutcome> outcomes = commit(ledger, both);

    long first = receipt(outcomes.get(0)).index();
    assertThat(outcomes.get(1)).isEqualTo(new Refused(change(begin(grant)), Refusal.GRANT_USED));
    assertRefused(ENDS, begin(grant), Refusal.GRANT_USED);
    assertThat(ledger.governanceMode().leafIndex()).isEqualTo(first);
  }

  @Test
  void breakglass_whoseReviewIsOverdue_letsNoOtherBegin_untilItIsReviewed() throws Exception {
    Hash grant = digest();
    made(NOW, begin(grant));
    made(REVIEW_BY.minusMillis(1), begin(digest()));
    Begin third = begin(digest());

    assertRefused(REVIEW_BY, third, Refusal.REVIEW_OVERDUE);
    made(REVIEW_BY, new Review(grant, BOB));
    assertRefused(REVIEW_BY, third, Refusal.REVIEW_OVERDUE);
    made(REVIEW_BY, new Review(ledger.unreviewedBreakglass().get(0).grant(), BOB));

    made(REVIEW_BY, third);
  }

  @Test
  void clockSetBack_afterAReviewWasOverdue_letsNoOtherBegin() throws Exception {
    made(NOW, begin(digest()));
    made(REVIEW_BY, new Freeze(digest()));
    long freeze = ledger.governanceMode().frozenBy().orElseThrow();
    made(REVIEW_BY, new Unfreeze(freeze));

    assertRefused(REVIEW_BY.minusSeconds(60), begin(digest()), Refusal.REVIEW_OVERDUE);
  }

  @Test
  void breakglass_thatAnotherCameAfter_isOver_andCanBeReviewed() throws Exception {
    Hash first = digest();
    Hash second = digest();
    made(NOW, begin(first));
    assertRefused(NOW, new Review(first, BOB), Refusal.BREAKGLASS_NOT_OVER);
    made(NOW, begin(second));

    made(NOW, new Review(first, BOB));
    assertRefused(NOW, new Review(second, BOB), Refusal.BREAKGLASS_NOT_OVER);
  }

  @Test
  void review_isByAnother_onceItIsOver_andOnce() throws Exception {
    Hash grant = digest();
    long leaf = made(NOW, begin(grant));

    assertRefused(ENDS, new Review(digest(), BOB), Refusal.GRANT_UNKNOWN);
    assertRefused(ENDS.minusMillis(1), new Review(grant, BOB), Refusal.BREAKGLASS_NOT_OVER);
    assertRefused(ENDS, new Review(grant, ALICE), Refusal.REVIEWER_IS_USER);
    long review = made(ENDS, new Review(grant, BOB));
    assertRefused(ENDS, new Review(grant, BOB), Refusal.ALREADY_REVIEWED);

    assertThat(ledger.breakglassUses().get(0).reviewedBy()).hasValue(review);
    assertThat(ledger.governanceMode().leafIndex()).as("a review changes no mode").isEqualTo(leaf);
  }

  @Test
  void end_beforeItsTime_isAtOnce_andLetsItBeReviewed() throws Exception {
    Hash grant = digest();
    made(NOW, begin(grant));

    assertRefused(NOW, new End(digest(), digest()), Refusal.GRANT_UNKNOWN);
    long end = made(NOW.plusSeconds(1), new End(grant, digest()));

    assertThat(ledger.governanceMode().running(NOW.plusSeconds(1))).isEmpty();
    assertThat(ledger.breakglassUses().get(0).endedBy()).hasValue(end);
    assertRefused(NOW.plusSeconds(2), new End(grant, digest()), Refusal.BREAKGLASS_OVER);
    made(NOW.plusSeconds(2), new Review(grant, BOB));
  }

  @Test
  void freeze_holdsUntilItIsLifted_byItsOwnLeafAlone() throws Exception {
    Freeze freeze = new Freeze(digest());
    long first = made(NOW, freeze);

    assertThat(ledger.governanceMode().isFrozen(NOW.plusSeconds(86_400))).isTrue();
    assertRefused(NOW, new Freeze(digest()), Refusal.ALREADY_FROZEN);
    assertRefused(NOW, new Unfreeze(first + 1), Refusal.FREEZE_NOT_IN_FORCE);
    made(NOW, new Unfreeze(first));
    assertRefused(NOW, new Unfreeze(first), Refusal.FREEZE_NOT_IN_FORCE);
    assertThat(ledger.governanceMode().isFrozen(NOW)).isFalse();
    assertRefused(NOW, freeze, Refusal.ORDER_TAKEN);
    long second = made(NOW, new Freeze(digest()));
    assertRefused(NOW, new Unfreeze(first), Refusal.FREEZE_NOT_IN_FORCE);
    assertThat(ledger.governanceMode().frozenBy()).hasValue(second);
  }

  @Test
  void breakglass_overAFreeze_takesItsName_andTheFreezeIsThereAgainAtItsEnd() throws Exception {
    long freeze = made(NOW, new Freeze(digest()));
    Hash grant = digest();
    Begin unawares = begin(grant);
    assertRefused(NOW, unawares, Refusal.FREEZE_NOT_NAMED);
    Begin over = new Begin(grant, ALICE, OptionalLong.of(freeze), ENDS, REVIEW_BY);

    made(NOW, over);

    GovernanceMode mode = ledger.governanceMode();
    assertThat(mode.running(NOW)).isPresent();
    assertThat(mode.isFrozen(NOW)).isFalse();
    assertThat(mode.isFrozen(ENDS)).as("by time alone").isTrue();
    made(NOW.plusSeconds(1), new End(grant, digest()));
    assertThat(ledger.governanceMode().isFrozen(NOW.plusSeconds(1))).isTrue();
  }

  @Test
  void freeze_duringABreakglass_overridesIt_andLiftingItGivesTheRestBack() throws Exception {
    Hash grant = digest();
    made(NOW, begin(grant));

    long freeze = made(NOW.plusSeconds(1), new Freeze(digest()));

    assertThat(ledger.governanceMode().running(NOW.plusSeconds(1))).isEmpty();
    assertThat(ledger.governanceMode().isFrozen(NOW.plusSeconds(1))).isTrue();
    assertThat(at(NOW.plusSeconds(1), begin(digest())))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.why()).isEqualTo(Refusal.FREEZE_NOT_NAMED));
    made(NOW.plusSeconds(2), new Unfreeze(freeze));
    assertThat(ledger.governanceMode().running(NOW.plusSeconds(2))).isPresent();
    assertThat(ledger.governanceMode().running(ENDS)).isEmpty();
  }

  @Test
  void decision_underAnotherMode_leavesTheBatch_whicheverComesFirst() throws Exception {
    long first = made(NOW, new Freeze(digest()));
    ModeIs old = new ModeIs(first);
    List<Entry> batch = new ArrayList<>();
    batch.add(Entry.of(leafAt(NOW)).given(old));
    batch.add(Entry.of(leafAt(NOW), change(new Unfreeze(first))));
    batch.add(Entry.of(leafAt(NOW)).given(old));

    List<CommitOutcome> outcomes = commit(ledger, batch);

    assertThat(receipt(outcomes.get(0)).index()).isEqualTo(first + 1);
    long second = receipt(outcomes.get(1)).index();
    assertThat(outcomes.get(2)).isEqualTo(new Superseded(old));
    ModeIs now = new ModeIs(second);
    assertThat(commit(ledger, Entry.of(leafAt(NOW)).given(now)))
        .isInstanceOf(CommitOutcome.Receipt.class);
    assertThat(ledger.governanceModes())
        .extracting(GovernanceMode::leafIndex)
        .containsExactly(first, second);
    assertThat(Optional.of(ledger.governanceMode()))
        .contains(new GovernanceMode(second, OptionalLong.empty(), Optional.empty()));
  }
}
