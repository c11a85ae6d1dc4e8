// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import java.sql.Connection;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** All that a key signed is revoked by one leaf: what was decided between two others. */
@Tag("any-store")
class VoidBetweenTest extends IssuingLedger {
  private void voidBetween(long from, long before) throws Exception {
    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifactsBetween(from, before))));
  }

  private BitSet bits() throws LedgerException {
    return ledger.statusSnapshot(List.of(0), Duration.ofSeconds(30)).revoked(0);
  }

  private static BitSet bits(int... indices) {
    BitSet bits = new BitSet();
    for (int index : indices) {
      bits.set(index);
    }
    return bits;
  }

  @Test
  void range_includesItsFirstLeafAndNotItsLast_afterReopeningToo() throws Exception {
    UuidV7 zero = issued(LATER);
    UuidV7 one = issued(LATER);
    UuidV7 two = issued(LATER);
    UuidV7 three = issued(LATER);

    voidBetween(1, 3);

    for (int round = 0; round < 2; round++) {
      assertThat(List.of(isRevoked(one), isRevoked(two))).containsOnly(true);
      assertThat(List.of(isRevoked(zero), isRevoked(three))).containsOnly(false);
      assertThat(bits()).isEqualTo(bits(1, 2));
      ledger.close();
      ledger = TestLedgers.open(folder);
    }
    TestLedgers.assertRefused(ledger, new RevokeArtifact(one), Refusal.ALREADY_REVOKED);
  }

  @Test
  void endedAndRevokedArtifacts_stayAsTheyWere_andThoseWithoutABitAreRevoked() throws Exception {
    UuidV7 ended = issued(NOW);
    UuidV7 before = issued(LATER);
    receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(before))));
    UuidV7 live = issued(NOW.plusMillis(1));
    UuidV7 unlisted = uuid();
    receipt(
        commit(
            ledger,
            Entry.of(leaf(unlisted), new RecordArtifact(unlisted, LATER, Optional.empty()))));

    voidBetween(0, Long.MAX_VALUE);

    assertThat(isRevoked(ended)).isFalse();
    assertThat(List.of(isRevoked(before), isRevoked(live), isRevoked(unlisted))).containsOnly(true);
    assertThat(bits()).isEqualTo(bits(1, 2));
  }

  @Test
  void emptyRange_revokesNothing() throws Exception {
    UuidV7 live = issued(LATER);
    voidBetween(0, 0);
    voidBetween(1, 9);
    assertThat(isRevoked(live)).isFalse();
    assertThat(bits()).isEqualTo(bits());
  }

  @Test
  void artifact_ofTheSameBatch_isVoided_andItsChildIsNotDecided() throws Exception {
    UuidV7 parent = uuid();
    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                issue(parent, LATER),
                Samples.entry().given(new ParentLive(parent)),
                Entry.of(leaf(), new VoidArtifactsBetween(0, 1)),
                Samples.entry().given(new ParentLive(parent))));
    assertThat(outcomes.subList(0, 3)).allMatch(Receipt.class::isInstance);
    assertThat(outcomes.get(3)).isEqualTo(new Superseded(new ParentLive(parent)));
    assertThat(isRevoked(parent)).isTrue();
  }

  @Test
  void entryThatIsRefused_voidsNothing() throws Exception {
    UuidV7 live = issued(LATER);
    assertThat(
            commit(
                ledger,
                Entry.of(leaf(), new VoidArtifactsBetween(0, 9), new RevokeArtifact(uuid()))))
        .isInstanceOf(CommitOutcome.Refused.class);
    assertThat(isRevoked(live)).isFalse();
    assertThat(bits()).isEqualTo(bits());
  }

  @Test
  void range_thatEndsBeforeItBegins_isNone() {
    assertThatThrownBy(() -> new VoidArtifactsBetween(2, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new VoidArtifactsBetween(-1, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Tag("embedded")
  void voiding_readsThoseThatHaveNotEnded_andAHostsChainByItsOwnNames() throws Exception {
    ledger.close();
    try (Database database = TestLedgers.database(folder);
        Connection connection = database.readers().getConnection()) {
      Statements statements = new Statements(connection);
      String between = "SELECT jti FROM artifact WHERE " + StateReads.LIVE_BETWEEN;
      String chain = StateReads.CHAIN + "SELECT jti FROM artifact WHERE " + StateReads.LIVE;

      String breakglass = "SELECT jti FROM artifact WHERE " + BreakglassArtifacts.LIVE;

      assertThat(plan(statements, between, 0, 9, NOW)).contains("artifact_expires");
      assertThat(plan(statements, breakglass, NOW, 9)).contains("artifact_expires");
      assertThat(plan(statements, chain, new byte[34], NOW, NOW, NOW))
          .doesNotContain("artifact_expires");
    }
  }

  private static String plan(Statements statements, String sql, Object... parameters)
      throws Exception {
    return String.join(
        "\n", statements.all(row -> row.getString(4), "EXPLAIN QUERY PLAN " + sql, parameters));
  }
}
