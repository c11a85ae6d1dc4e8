// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.DelegationSpent;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordDescent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store of version 13 in which artifacts are under a renewal, and of what those draw once it was opened. */
@Tag("any-store")
class SchemaFourteenTest {
  private static final long MOST = 5;

  @TempDir Path folder;
  private final UuidV7 begun = uuid();
  private final UuidV7 renewal = uuid();

  @BeforeEach
  void storeOfVersionThirteen() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, allow(begun, Optional.empty(), Optional.empty())));
      receipt(commit(ledger, allow(renewal, Optional.empty(), Optional.of(begun))));
      receipt(commit(ledger, under(begun, begun, 1)));
      // Each by itself, as that version counted them.
      receipt(commit(ledger, under(renewal, renewal, 2)));
      receipt(commit(ledger, under(renewal, renewal, 1)));
    }
    tamper(
        folder,
        "DROP INDEX descent_drawn_of; ALTER TABLE descent DROP COLUMN drawn_of;"
            + " DROP TABLE told_reader; DELETE FROM schema_version WHERE version > 13");
  }

  private static Entry allow(
      UuidV7 jti, Optional<UuidV7> parent, Optional<UuidV7> renews, StateChange... after) {
    Commitment any = new Commitment(digest());
    LeafBody body =
        new LeafBody.DecisionAllow(
            jti, digest(), digest(), digest(), digest(), 1, any, any, any, parent, renews);
    List<StateChange> changes = new ArrayList<>();
    changes.add(new RecordArtifact(jti, LATER, Optional.empty()));
    changes.addAll(List.of(after));
    return Entry.of(Leaf.of(NOW, uuid(), List.of(), body), changes.toArray(new StateChange[0]));
  }

  private static Entry under(UuidV7 parent, UuidV7 drawnOf, long uses) {
    UuidV7 jti = uuid();
    return allow(
        jti,
        Optional.of(parent),
        Optional.empty(),
        new RecordDescent(jti, parent, drawnOf, uses, MOST));
  }

  private List<String> faults() throws LedgerException {
    List<String> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.of(TestLedgers.store(folder))) {
      Fsck.Checked unused =
          fsck.run(fault -> faults.add(fault.where() + ": " + fault.was()), done -> {});
    }
    return faults;
  }

  /** Rows, leaves and whoever draws next are of one mind. */
  @Test
  void storeOfVersionThirteen_opened_countsOverAllRenewals_asItsLeavesDo() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.delegatedUses(begun)).isEqualTo(4);
      assertThat(ledger.delegatedUses(renewal)).isZero();
      DerivedState derived = new DerivedState();
      for (long index = 0; index < ledger.size(); index++) {
        derived.take(index, ledger.leaf(index).orElseThrow());
      }
      assertThat(ledger.childrenBefore(begun, 9, 9))
          .containsExactly(2L, 3L, 4L)
          .isEqualTo(derived.childrenBefore(begun, 9, 9));
      assertThat(commit(ledger, under(renewal, begun, 2)))
          .isEqualTo(new Superseded(new DelegationSpent(renewal)));
      receipt(commit(ledger, under(renewal, begun, 1)));
    }
    assertThat(faults()).isEmpty();
    TestLedgers.open(folder).close();
    assertThat(faults()).isEmpty();
  }

  @Test
  void parentWhoseLeafIsNotFound_keepsTheStoreFromBeingOpened() throws Exception {
    tamper(folder, "UPDATE artifact SET leaf_index = 9 WHERE leaf_index = 1");
    assertThatThrownBy(() -> TestLedgers.open(folder).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("the leaf that allowed " + renewal);
    tamper(folder, "DELETE FROM artifact WHERE leaf_index = 9");
    assertThatThrownBy(() -> TestLedgers.open(folder).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("the leaf that allowed " + renewal);
  }
}
