// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordDescent;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import dev.writ.tlog.Hash;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sqlite.ProgressHandler;

/** What is revoked with a host, a workload or a range of leaves, and that nothing else is. */
@Tag("any-store")
class ArtifactScopeTest extends IssuingLedger {
  private static final AkName HOST_A = akName("host-a");
  private static final AkName HOST_B = akName("host-b");
  private static final Hash WORKER_A = digest("worker-a");
  private static final Hash WORKER_B = digest("worker-b");

  private final List<UuidV7> issued = new ArrayList<>();

  private void issue(AkName host, Hash worker, Instant expires, Optional<UuidV7> parent)
      throws Exception {
    UuidV7 jti = uuid();
    List<StateChange> changes = new ArrayList<>();
    Since since =
        ledger.lastSeen(host).isPresent()
            ? new Since.SameBoot(NOW, Duration.ofSeconds(2))
            : new Since.Nothing();
    changes.add(
        new RecordArtifact(
            jti,
            expires,
            Optional.of(nextBit()),
            Optional.of(new SetLastSeen(host, new HostClock(1, 1, 1, true), NOW, NOW, since)),
            Optional.of(worker)));
    parent.ifPresent(above -> changes.add(new RecordDescent(jti, above, above, 0, Long.MAX_VALUE)));
    receipt(commit(ledger, Entry.of(leaf(jti), changes.toArray(StateChange[]::new))));
    issued.add(jti);
  }

  /** By their places: which artifacts are whose, and that the fourth and the fifth have parents. */
  private void issueSome() throws Exception {
    issue(HOST_A, WORKER_A, LATER, Optional.empty());
    issue(HOST_B, WORKER_B, LATER, Optional.empty());
    issue(HOST_A, WORKER_B, LATER, Optional.empty());
    issue(HOST_B, WORKER_B, LATER, Optional.of(issued.get(0)));
    issue(HOST_B, WORKER_B, LATER, Optional.of(issued.get(3)));
    issue(HOST_A, WORKER_A, NOW, Optional.empty());
    issue(HOST_B, WORKER_A, LATER, Optional.empty());
  }

  private StateChange onlyPart(ArtifactScope scope) throws LedgerException {
    List<StateChange> parts = ledger.revocationsOf(scope);
    assertThat(parts).hasSize(1);
    return parts.get(0);
  }

  private void assertRevokes(ArtifactScope scope, Integer... places) throws Exception {
    assertThat(ledger.liveArtifacts(scope))
        .isEqualTo(new LiveArtifacts(places.length, places.length == 0 ? List.of() : List.of(0)));
    receipt(commit(ledger, Entry.of(leaf(), onlyPart(scope))));

    List<Integer> revoked = new ArrayList<>();
    BitSet bits = new BitSet();
    for (int i = 0; i < issued.size(); i++) {
      if (isRevoked(issued.get(i))) {
        revoked.add(i);
        bits.set(i);
      }
    }
    assertThat(revoked).containsExactly(places);
    assertThat(ledger.statusSnapshot(List.of(0), Duration.ofSeconds(30)).revoked(0))
        .isEqualTo(bits);
    assertThat(ledger.liveArtifacts(scope).number()).isZero();
  }

  @Test
  void workload_losesItsOwnOnEachHost_andWhatIsUnderThem() throws Exception {
    issueSome();
    assertRevokes(new ArtifactScope.OfWorkload(WORKER_A, 99), 0, 3, 4, 6);
  }

  @Test
  void host_losesItsOwnOfEachWorkload_andWhatIsUnderThem() throws Exception {
    issueSome();
    assertRevokes(new ArtifactScope.OfHost(HOST_A), 0, 2, 3, 4);
  }

  @Test
  void range_losesItsLeaves_andWhatIsUnderThemBeyondItsEnd() throws Exception {
    issueSome();
    assertRevokes(new ArtifactScope.Between(0, 2), 0, 1, 3, 4);
  }

  @Test
  void scope_ofNobody_revokesNothing() throws Exception {
    issueSome();
    assertRevokes(new ArtifactScope.OfWorkload(digest("worker-c"), 99));
    assertRevokes(new ArtifactScope.OfHost(akName("host-c")));
    assertRevokes(new ArtifactScope.Between(5, 6));
  }

  @Test
  void workload_losesNothingThatWasDecidedAfterTheNamedLeaf() throws Exception {
    issueSome();
    assertRevokes(new ArtifactScope.OfWorkload(WORKER_A, 6), 0, 3, 4);
  }

  @Test
  @Tag("embedded")
  void scope_ofMoreThanAtOnce_isRevokedInParts_thatAreFoundByTheIndexOfEnds() throws Exception {
    issueSome();
    ledger.close();
    addMany();
    ledger = TestLedgers.open(folder);
    ArtifactScope scope = new ArtifactScope.Between(1, 3);
    long all = 2L * ScopeReads.AT_ONCE + 2;
    assertThat(ledger.liveArtifacts(scope).number()).isEqualTo(all);
    List<StateChange> parts = ledger.revocationsOf(scope);
    assertThat(parts).hasSize(3);

    for (StateChange part : parts) {
      long before = ledger.liveArtifacts(scope).number();
      receipt(commit(ledger, Entry.of(leaf(), part)));
      assertThat(before - ledger.liveArtifacts(scope).number())
          .isBetween(1L, (long) ScopeReads.AT_ONCE);
    }

    assertThat(ledger.liveArtifacts(scope).number()).isZero();
    assertThat(List.of(isRevoked(issued.get(1)), isRevoked(issued.get(2)))).containsOnly(true);
    assertThat(isRevoked(issued.get(0))).isFalse();
  }

  /** Twice as many as a part has, which end before the others do. */
  private void addMany() throws Exception {
    tamper(
        folder,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
            + 2 * ScopeReads.AT_ONCE
            + ") INSERT INTO artifact (jti, leaf_index, expires, revoked)"
            + " SELECT randomblob(16), 1, expires - 1 - i / 3, 0 FROM n, artifact"
            + " WHERE artifact.leaf_index = 1");
  }

  private List<StateChange> partsOfTwo(ArtifactScope scope) throws Exception {
    try (Connection connection = TestLedgers.connection(folder)) {
      return new ScopeReads(new Statements(connection)).revocations(scope, NOW, 2);
    }
  }

  @Test
  void host_ofMoreThanAtOnce_losesAllInParts_andWhatItGetsBeforeTheLast() throws Exception {
    issueSome();
    ArtifactScope scope = new ArtifactScope.OfHost(HOST_B);
    issue(HOST_B, WORKER_A, LATER.plusSeconds(1), Optional.empty());
    assertThat(ledger.liveArtifacts(scope).number()).isEqualTo(5);
    List<StateChange> parts = partsOfTwo(scope);
    assertThat(parts)
        .hasSize(3)
        .last()
        .isEqualTo(new StateChange.VoidArtifacts(HOST_B, ledger.size()));

    for (StateChange part : parts.subList(0, 2)) {
      receipt(commit(ledger, Entry.of(leaf(), part)));
    }
    assertThat(ledger.liveArtifacts(scope).number()).isZero();
    issue(HOST_B, WORKER_A, LATER.minusSeconds(1), Optional.empty());
    receipt(commit(ledger, Entry.of(leaf(), parts.get(2))));

    for (int i = 0; i < issued.size(); i++) {
      assertThat(isRevoked(issued.get(i)))
          .as("artifact %d", i)
          .isEqualTo(i != 0 && i != 2 && i != 5);
    }
    assertThat(ledger.newestArtifact(HOST_B)).isEmpty();
  }

  @Test
  void host_withArtifactsOfWhichNoBitSaysWhose_losesThoseWithTheLastPart() throws Exception {
    issueSome();
    tamper(folder, "UPDATE status_index SET ak_name = NULL WHERE number = 3");
    List<StateChange> parts = partsOfTwo(new ArtifactScope.OfHost(HOST_B));
    assertThat(parts).last().isEqualTo(new StateChange.VoidArtifacts(HOST_B));
    for (StateChange part : parts) {
      assertThat(isRevoked(issued.get(3))).isFalse();
      receipt(commit(ledger, Entry.of(leaf(), part)));
    }
    assertThat(isRevoked(issued.get(3))).isTrue();
  }

  @Test
  @Tag("embedded")
  void part_readsNoneOfThoseThatEndBeforeIt_howeverManyTheyAre() throws Exception {
    issueSome();
    ledger.close();
    addMany();
    try (Connection connection = TestLedgers.connection(folder)) {
      Statements statements = new Statements(connection);
      ScopeReads reads = new ScopeReads(statements);
      ArtifactWrites writes = new ArtifactWrites(statements, new LastSeenWrites(statements));
      Steps steps = new Steps();
      ProgressHandler.setHandler(connection, Steps.EACH, steps);
      for (ArtifactScope scope :
          List.of(new ArtifactScope.Between(1, 3), new ArtifactScope.OfWorkload(WORKER_B, 99))) {
        assertThat(reads.next(scope, LATER, ScopeReads.AT_ONCE)).isEmpty();
        writes.voidPart(new StateChange.VoidScope(scope, LATER, LATER.plusMillis(1)), NOW);
        assertThat(steps.taken()).as("steps of SQLite").isLessThan(ScopeReads.AT_ONCE);
      }
      assertThat(reads.next(new ArtifactScope.Between(1, 3), NOW, ScopeReads.AT_ONCE)).isPresent();
      assertThat(steps.taken()).as("steps are counted").isGreaterThan(ScopeReads.AT_ONCE);
      ProgressHandler.clearHandler(connection);
    }
    ledger = TestLedgers.open(folder);
    assertThat(isRevoked(issued.get(1))).isTrue();
  }

  /** Counts what SQLite does, so that no clock says how much it was. */
  private static final class Steps extends ProgressHandler {
    private static final int EACH = 100;

    private int calls;

    @Override
    protected int progress() {
      calls++;
      return 0;
    }

    private int taken() {
      return calls * EACH;
    }
  }

  /** A bit that is another artifact's says nothing of whose the one before it was. */
  @Test
  void artifact_whoseBitWasReservedAgain_isNobodysAnyMore() throws Exception {
    issueSome();
    ledger.close();
    tamper(folder, "UPDATE status_index SET leaf_index = 99 WHERE number IN (1, 6)");
    ledger = TestLedgers.open(folder);
    ArtifactScope scope = new ArtifactScope.OfWorkload(WORKER_A, 99);
    assertThat(ledger.liveArtifacts(scope).number()).isEqualTo(3);
    receipt(commit(ledger, Entry.of(leaf(), onlyPart(scope))));
    assertThat(List.of(isRevoked(issued.get(0)), isRevoked(issued.get(3)))).containsOnly(true);
    assertThat(isRevoked(issued.get(6))).isFalse();
  }
}
