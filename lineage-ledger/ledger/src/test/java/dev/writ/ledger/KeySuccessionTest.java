// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.artifact.KeyState.ACTIVE;
import static dev.writ.artifact.KeyState.COMPROMISED;
import static dev.writ.artifact.KeyState.DESTROYED;
import static dev.writ.artifact.KeyState.PREPUBLISHED;
import static dev.writ.artifact.KeyState.RETIRED;
import static dev.writ.artifact.KeyState.RETIRING;
import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.KeyActive;
import dev.writ.ledger.StateChange.SetKey;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a key, and that no two of a role sign at once. */
@Tag("any-store-long")
class KeySuccessionTest {
  @TempDir Path folder;
  private final Hash kid = digest();
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static SetKey key(Hash kid, KeyRole role, KeyState state) {
    return new SetKey(kid, role, state, NOW, LATER);
  }

  private static SetKey issuer(Hash kid, KeyState state) {
    return key(kid, KeyRole.ISSUER, state);
  }

  @CanIgnoreReturnValue
  private Receipt made(StateChange... changes) throws Exception {
    return receipt(commit(ledger, Entry.of(leaf(), changes)));
  }

  private SigningKey read(Hash which) throws LedgerException {
    return ledger.key(which).orElseThrow();
  }

  private void assertRefused(StateChange change, Refusal why) {
    TestLedgers.assertRefused(ledger, change, why);
  }

  private static List<KeyState> shortestWayTo(KeyState state) {
    return switch (state) {
      case PREPUBLISHED -> List.of(PREPUBLISHED);
      case ACTIVE -> List.of(ACTIVE);
      case RETIRING -> List.of(ACTIVE, RETIRING);
      case RETIRED -> List.of(ACTIVE, RETIRING, RETIRED);
      case DESTROYED -> List.of(ACTIVE, RETIRING, RETIRED, DESTROYED);
      case COMPROMISED -> List.of(ACTIVE, COMPROMISED);
    };
  }

  private static Set<KeyState> mayFollow(KeyState state) {
    return switch (state) {
      case PREPUBLISHED -> Set.of(PREPUBLISHED, ACTIVE, RETIRED, DESTROYED, COMPROMISED);
      case ACTIVE -> Set.of(ACTIVE, RETIRING, COMPROMISED);
      case RETIRING -> Set.of(RETIRING, RETIRED, COMPROMISED);
      case RETIRED -> Set.of(RETIRED, DESTROYED, COMPROMISED);
      case DESTROYED -> Set.of(DESTROYED, COMPROMISED);
      case COMPROMISED -> Set.of();
    };
  }

  static Stream<Arguments> pairs() {
    List<Arguments> pairs = new ArrayList<>();
    for (KeyState from : KeyState.values()) {
      for (KeyState to : KeyState.values()) {
        pairs.add(Arguments.of(from, to));
      }
    }
    return pairs.stream();
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void succession_ofEachPairOfStates_isMadeOrRefused(KeyState from, KeyState to) throws Exception {
    for (KeyState each : shortestWayTo(from)) {
      made(issuer(kid, each));
    }
    SigningKey before = read(kid);
    Instant end = LATER.plusSeconds(60);
    SetKey next = new SetKey(kid, KeyRole.ISSUER, to, NOW, end);

    if (mayFollow(from).contains(to)) {
      Receipt receipt = made(next);
      assertThat(read(kid).state()).isEqualTo(to);
      assertThat(read(kid).notAfter()).isEqualTo(end);
      assertThat(read(kid).leafIndex()).isEqualTo(receipt.index());
    } else {
      assertRefused(next, from == COMPROMISED ? Refusal.KEY_COMPROMISED : Refusal.KEY_STATE_ORDER);
      assertThat(read(kid)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(KeyState.class)
  void firstState_isPrepublishedOrActive(KeyState first) throws Exception {
    if (first == PREPUBLISHED || first == ACTIVE) {
      made(issuer(kid, first));
      assertThat(read(kid).state()).isEqualTo(first);
    } else {
      assertRefused(issuer(kid, first), Refusal.KEY_UNKNOWN);
      assertThat(ledger.key(kid)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(KeyState.class)
  void role_inEachState_isFixed(KeyState state) throws Exception {
    made(issuer(kid, PREPUBLISHED));
    assertRefused(key(kid, KeyRole.STATUS, state), Refusal.KEY_ROLE_FIXED);
    assertThat(read(kid).role()).isEqualTo(KeyRole.ISSUER);
  }

  @Test
  void rotation_keepsTheLeavesBetweenWhichAKeyWasActive_afterReopeningToo() throws Exception {
    Hash successor = digest();
    Receipt introduced = made(issuer(kid, ACTIVE));
    made(new SetKey(kid, KeyRole.ISSUER, ACTIVE, NOW, LATER.plusSeconds(1)));
    made(issuer(successor, PREPUBLISHED));
    assertThat(read(successor).activatedIndex()).isEmpty();
    assertThat(read(successor).endedIndex()).isEmpty();

    Receipt turn = made(issuer(kid, RETIRING), issuer(successor, ACTIVE));
    made(issuer(kid, RETIRED));
    Receipt last = made(issuer(kid, DESTROYED));

    for (int round = 0; round < 2; round++) {
      SigningKey old = read(kid);
      assertThat(old.state()).isEqualTo(DESTROYED);
      assertThat(old.leafIndex()).isEqualTo(last.index());
      assertThat(old.activatedIndex()).hasValue(introduced.index());
      assertThat(old.endedIndex()).hasValue(turn.index());
      assertThat(read(successor).activatedIndex()).hasValue(turn.index());
      assertThat(read(successor).endedIndex()).isEmpty();
      assertThat(ledger.keys()).hasSize(2);
      ledger.close();
      open();
    }
    Receipt compromise = made(issuer(successor, COMPROMISED));
    assertThat(read(successor).endedIndex()).hasValue(compromise.index());
    made(issuer(kid, COMPROMISED));
    assertThat(read(kid).endedIndex()).as("it had left long before").hasValue(turn.index());
  }

  @Test
  void key_thatNeverSigned_hasNoLeaves() throws Exception {
    made(issuer(kid, PREPUBLISHED));
    made(issuer(kid, COMPROMISED));
    assertThat(read(kid).activatedIndex()).isEmpty();
    assertThat(read(kid).endedIndex()).isEmpty();
  }

  @Test
  void keyActive_ofAPrepublishedOrDestroyedKey_supersedes() throws Exception {
    KeyActive active = new KeyActive(kid);
    made(issuer(kid, PREPUBLISHED));
    assertThat(commit(ledger, Samples.entry().given(active))).isEqualTo(new Superseded(active));
    made(issuer(kid, ACTIVE));
    receipt(commit(ledger, Samples.entry().given(active)));
    for (KeyState state : List.of(RETIRING, RETIRED, DESTROYED)) {
      made(issuer(kid, state));
      assertThat(commit(ledger, Samples.entry().given(active))).isEqualTo(new Superseded(active));
    }
  }

  @Test
  void secondActiveKeyOfARole_isRefused_newOrPrepublished() throws Exception {
    Hash second = digest();
    made(issuer(kid, ACTIVE));
    assertRefused(issuer(second, ACTIVE), Refusal.KEY_ROLE_OCCUPIED);
    assertThat(ledger.key(second)).isEmpty();
    made(issuer(second, PREPUBLISHED));
    assertRefused(issuer(second, ACTIVE), Refusal.KEY_ROLE_OCCUPIED);
    assertThat(read(second).state()).isEqualTo(PREPUBLISHED);
    assertThat(read(second).activatedIndex()).isEmpty();
    made(key(digest(), KeyRole.STATUS, ACTIVE));
    for (KeyState state : List.of(RETIRING, RETIRED, COMPROMISED)) {
      made(issuer(kid, state));
    }
    made(issuer(second, ACTIVE));
  }

  @Test
  void turnOfTwoKeys_inOneEntry_isMadeInEitherOrder() throws Exception {
    Hash second = digest();
    Hash third = digest();
    made(issuer(kid, ACTIVE));
    made(issuer(second, ACTIVE), issuer(kid, RETIRING));
    made(issuer(second, RETIRING), issuer(third, ACTIVE));
    assertThat(read(third).state()).isEqualTo(ACTIVE);
    assertThat(read(second).state()).isEqualTo(RETIRING);
  }

  @Test
  void twoKeysMadeActive_byOneEntryOrOneBatch_areRefused() throws Exception {
    Hash second = digest();
    SetKey one = issuer(kid, ACTIVE);
    SetKey other = issuer(second, ACTIVE);
    assertThat(commit(ledger, Entry.of(leaf(), one, other)))
        .isEqualTo(new Refused(one, Refusal.KEY_ROLE_OCCUPIED));
    assertThat(ledger.keys()).isEmpty();

    List<CommitOutcome> outcomes =
        commit(ledger, List.of(Entry.of(leaf(), one), Entry.of(leaf(), other)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Refused(other, Refusal.KEY_ROLE_OCCUPIED));
  }

  @Test
  void checkpoint_mayHaveTwoActiveKeys() throws Exception {
    made(key(kid, KeyRole.CHECKPOINT, ACTIVE), key(digest(), KeyRole.CHECKPOINT, ACTIVE));
    assertThat(ledger.keys()).allMatch(each -> each.state() == ACTIVE).hasSize(2);
  }

  @Test
  void entryThatIsRefused_leavesBothKeysAsTheyWere() throws Exception {
    Hash second = digest();
    Hash third = digest();
    made(issuer(kid, ACTIVE));
    made(issuer(second, PREPUBLISHED));
    SigningKey before = read(kid);
    SetKey back = issuer(third, RETIRED);

    assertThat(
            commit(ledger, Entry.of(leaf(), issuer(kid, RETIRING), issuer(second, ACTIVE), back)))
        .isEqualTo(new Refused(back, Refusal.KEY_UNKNOWN));

    assertThat(read(kid)).isEqualTo(before);
    assertThat(read(second).state()).isEqualTo(PREPUBLISHED);
  }
}
