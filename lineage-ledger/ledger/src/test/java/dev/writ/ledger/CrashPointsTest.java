// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.ledger.Precondition.EpochIs;
import dev.writ.ledger.Precondition.HostActive;
import dev.writ.ledger.StateChange.AddInvitation;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.ledger.StateChange.RedeemInvitation;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The failure matrix: each step of a commit fails once without and once with its effect; then either
 * the process goes on, or it is gone and the store is opened anew. Whatever happens, an entry's leaf,
 * nonce and state are there together or not at all, and the answer never says more than is so.
 */
@Tag("any-store-long")
class CrashPointsTest {
  /** Fewer would mean that the fault was not where it is thought to be. */
  private static final int STEPS_AT_LEAST = 18;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void everyStep_failsAndTheProcessGoesOn_keepsAllOrNothing(Fault fault) throws Exception {
    int step = 1;
    for (boolean reached = true; reached; step++) {
      Path store = folder.resolve(fault + "-" + step);
      FaultyDatabase database = new FaultyDatabase(store);
      try (Ledger ledger = open(database)) {
        Attempt attempt = Attempt.after(ledger);

        database.awaitIdle(1);
        database.failAt(step, fault, false);
        CommitOutcome outcome = commit(ledger, attempt.entry);
        String faulted = database.disarm();
        reached = !faulted.isEmpty();

        if (!reached || (faulted.equals("commit") && fault == Fault.PERSISTED)) {
          attempt.assertIsThere(ledger);
          assertThat(receipt(outcome).index()).isEqualTo(1);
        } else {
          assertThat(outcome)
              .as(faulted)
              .isInstanceOfSatisfying(
                  Unavailable.class,
                  unavailable -> {
                    assertThat(unavailable.reached()).isEqualTo(Reached.NOT_COMMITTED);
                    assertThat(unavailable.code()).isEqualTo("SQLState 58030");
                  });
          attempt.assertIsAbsent(ledger);
          receipt(commit(ledger, attempt.entry));
          attempt.assertIsThere(ledger);
        }
        receipt(commit(ledger, Samples.issue(Samples.nonce())));
      }
      try (Ledger reopened = TestLedgers.open(store)) {
        assertThat(reopened.size()).isEqualTo(3);
      }
    }
    assertThat(step).isGreaterThan(STEPS_AT_LEAST);
  }

  @ParameterizedTest
  @EnumSource
  void everyStep_failsAndTheProcessIsGone_keepsAllOrNothing(Fault fault) throws Exception {
    int step = 1;
    for (boolean reached = true; reached; step++) {
      Path store = folder.resolve(fault + "-" + step);
      FaultyDatabase database = new FaultyDatabase(store);
      Attempt attempt;
      boolean persisted;
      try (Ledger ledger = open(database)) {
        attempt = Attempt.after(ledger);

        database.awaitIdle(1);
        database.failAt(step, fault, true);
        CommitOutcome outcome = commit(ledger, attempt.entry);
        String faulted = database.disarm();
        reached = !faulted.isEmpty();

        persisted = !reached || (faulted.equals("commit") && fault == Fault.PERSISTED);
        if (reached) {
          Reached expected = faulted.equals("commit") ? Reached.UNKNOWN : Reached.NOT_COMMITTED;
          assertThat(outcome)
              .as(faulted)
              .isInstanceOfSatisfying(
                  Unavailable.class, it -> assertThat(it.reached()).isEqualTo(expected));
        } else {
          receipt(outcome);
        }
      }
      try (Ledger reopened = TestLedgers.open(store)) {
        if (persisted) {
          attempt.assertIsThere(reopened);
          assertThat(commit(reopened, attempt.entry)).isInstanceOf(Replayed.class);
        } else {
          attempt.assertIsAbsent(reopened);
          receipt(commit(reopened, attempt.entry));
        }
        assertThat(reopened.size()).as("an unsigned head is signed at open").isEqualTo(2);
      }
    }
    assertThat(step).isGreaterThan(STEPS_AT_LEAST);
  }

  static Ledger open(Database database) throws LedgerException {
    return Ledger.open(
        database,
        CommitLimits.DEFAULT,
        Samples.ORIGIN,
        List.of(TestLedgers.SIGNER),
        Samples.CLOCK,
        LedgerEvents.NONE);
  }

  /** An entry that touches every table that entries do, for what a first one left behind. */
  private static final class Attempt {
    private final UuidV7 earlier = Samples.uuid();
    private final UuidV7 jti = Samples.uuid();
    private final Hash kid = Samples.digest();
    private final Hash statement = Samples.digest();
    private final Hash invitation = Samples.digest();
    private final Hash another = Samples.digest();
    private final Entry entry;

    private Attempt(StatusBlock block) {
      entry =
          new Entry(
              Samples.leaf(jti),
              List.of(
                  new ConsumeNonce(Samples.nonce(), LATER),
                  new RecordArtifact(jti, LATER, Optional.of(block.index(1))),
                  new RevokeArtifact(earlier),
                  new RecordOutcome(earlier, kid, ReportedState.FAILED, statement, 1),
                  new AddInvitation(another, "another", LATER),
                  new RedeemInvitation(invitation, "invited"),
                  Samples.host("invited")),
              List.of(new EpochIs(0), new HostActive(Samples.akName("host"))),
              Optional.of(new byte[] {1, 2, 3}));
    }

    static Attempt after(Ledger ledger) throws Exception {
      StatusBlock block = await(ledger.reserveStatusBlock(LATER));
      Attempt attempt = new Attempt(block);
      receipt(
          commit(
              ledger,
              Entry.of(
                  Samples.leaf(),
                  Samples.host("host"),
                  new AddInvitation(attempt.invitation, "invited", LATER),
                  new RecordArtifact(attempt.earlier, LATER, Optional.of(block.index(0))))));
      return attempt;
    }

    void assertIsThere(Ledger ledger) throws Exception {
      assertThat(ledger.leaf(1)).contains(entry.leaf());
      assertThat(ledger.payload(1)).isPresent();
      assertThat(ledger.artifact(jti).orElseThrow().leafIndex()).isEqualTo(1);
      assertThat(ledger.artifact(earlier).orElseThrow().revoked()).isTrue();
      assertThat(revoked(ledger)).isEqualTo(BitSet.valueOf(new long[] {1}));
      assertThat(ledger.outcome(earlier, kid, statement)).isPresent();
      assertThat(ledger.invitation(another)).isPresent();
      assertThat(ledger.invitation(invitation).orElseThrow().redeemedBy()).hasValue(1);
      assertThat(ledger.hostByName("invited")).isPresent();
    }

    void assertIsAbsent(Ledger ledger) throws Exception {
      assertThat(ledger.leaf(1)).isEmpty();
      assertThat(ledger.payload(1)).isEmpty();
      assertThat(ledger.artifact(jti)).isEmpty();
      assertThat(ledger.artifact(earlier).orElseThrow().revoked()).isFalse();
      assertThat(revoked(ledger)).isEqualTo(new BitSet());
      assertThat(ledger.outcome(earlier, kid, statement)).isEmpty();
      assertThat(ledger.invitation(another)).isEmpty();
      assertThat(ledger.invitation(invitation).orElseThrow().redeemedBy()).isEmpty();
      assertThat(ledger.hostByName("invited")).isEmpty();
      assertThat(ledger.size()).isEqualTo(1);
    }

    private static BitSet revoked(Ledger ledger) throws LedgerException {
      return ledger.statusSnapshot(List.of(0), Duration.ZERO).revoked(0);
    }
  }
}
