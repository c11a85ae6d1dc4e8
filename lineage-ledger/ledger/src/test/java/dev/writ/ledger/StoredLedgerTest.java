// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RefusalCount;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.VerifiedTiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is read while a ledger writes it, and after. */
@Tag("any-store")
final class StoredLedgerTest {
  private static final int LEAVES = 300;
  private static final byte[] PAYLOAD = {1, 2, 3};

  @TempDir Path folder;
  private final List<Leaf> leaves = new ArrayList<>();

  @BeforeEach
  void fill() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < LEAVES; i++) {
        entries.add(Entry.of(Samples.leaf()).withPayload(PAYLOAD));
      }
      for (CommitOutcome outcome : commit(ledger, entries)) {
        leaves.add(receipt(outcome).leaf());
      }
    }
  }

  private StoredLedger stored() throws LedgerException {
    return StoredLedger.open(TestLedgers.store(folder), Samples.CLOCK);
  }

  @Test
  void leavesAndWhatLiesBesideThem_areThoseThatWereCommitted() throws Exception {
    try (StoredLedger stored = stored()) {
      assertThat(stored.size()).isEqualTo(LEAVES);
      assertThat(stored.origin()).isEqualTo(Samples.ORIGIN);
      for (int index : List.of(0, 255, 256, LEAVES - 1)) {
        StoredLedger.StoredLeaf leaf = stored.leaf(index).orElseThrow();
        assertThat(leaf.isProven()).isTrue();
        assertThat(leaf.bytes()).isEqualTo(leaves.get(index).bytes());
        assertThat(leaf.hash()).isEqualTo(leaves.get(index).hash());
        assertThat(stored.payload(index)).hasValue(PAYLOAD);
      }
      assertThat(stored.leaf(LEAVES)).isEmpty();
      assertThat(stored.payloads(250, 260)).hasSize(10);
      assertThat(stored.firstFrom(Samples.NOW.plusSeconds(1))).isEqualTo(LEAVES);
      assertThatThrownBy(() -> stored.leaves(250, 260))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void storeAsALog_isProvenTileByTile() throws Exception {
    try (StoredLedger stored = stored()) {
      VerifiedTiles tiles = new VerifiedTiles(stored.log(), stored.size(), stored.root());
      assertThat(tiles.entries(1)).hasSize(LEAVES - 256);
      assertThat(tiles.entries(1).get(0)).isEqualTo(leaves.get(256).bytes());
      SignedNote note = SignedNote.parse(stored.log().readCheckpoint().orElseThrow());
      assertThat(Checkpoint.parse(note.text()))
          .isEqualTo(new Checkpoint(Samples.ORIGIN, LEAVES, stored.root()));
    }
  }

  @Test
  void leavesOfAKind_areFoundOneAfterTheOther_withinWhatIsAsked() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      for (Entry entry : List.of(Samples.entry(), summary(), Samples.entry(), summary())) {
        receipt(commit(ledger, entry));
      }
      assertThat(ledger.firstOf(LeafKind.SUMMARY, 0, LEAVES + 2L)).hasValue(LEAVES + 1L);
    }
    try (StoredLedger stored = stored()) {
      assertThat(stored.firstOf(LeafKind.SUMMARY, 0, Long.MAX_VALUE)).hasValue(LEAVES + 1L);
      assertThat(stored.firstOf(LeafKind.SUMMARY, LEAVES + 2L, stored.size()))
          .hasValue(LEAVES + 3L);
      assertThat(stored.firstOf(LeafKind.SUMMARY, 0, LEAVES + 1L)).isEmpty();
      assertThat(stored.firstOf(LeafKind.POLICY, 0, stored.size())).isEmpty();
      assertThat(stored.firstOf(LeafKind.SUMMARY, LEAVES + 9L, LEAVES + 9L)).isEmpty();
    }
  }

  private static Entry summary() {
    LeafBody body =
        new LeafBody.Summary(
            Samples.NOW,
            Samples.NOW.plusSeconds(60),
            List.of(new RefusalCount(DenialCode.UNVERIFIABLE, "malformed", 1)));
    return Entry.of(Leaf.of(Samples.NOW, Samples.uuid(), List.of(), body));
  }

  @Test
  void storeThatGrows_isReadAsOfItsOpening() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder);
        StoredLedger stored = stored()) {
      Hash root = stored.root();
      for (int i = 0; i < 3; i++) {
        assertThat(receipt(commit(ledger, Samples.entry())).index()).isEqualTo(LEAVES + i);
      }

      assertThat(stored.size()).isEqualTo(LEAVES);
      assertThat(stored.root()).isEqualTo(root);
      assertThat(stored.leaf(LEAVES - 1).orElseThrow().isProven()).isTrue();
      assertThat(stored.leaf(LEAVES)).isEmpty();
    }
  }

  @Test
  void changedLeaf_isNotProven_andItsNeighboursAre() throws Exception {
    tamper(
        folder,
        "UPDATE leaf SET bytes = (SELECT bytes FROM leaf WHERE leaf_index = 4) WHERE leaf_index = 3");
    try (StoredLedger stored = stored()) {
      assertThat(stored.leaves(0, 256))
          .filteredOn(leaf -> !leaf.isProven())
          .extracting(StoredLedger.StoredLeaf::index)
          .containsExactly(3L);
    }
  }

  @Test
  void tileThatDoesNotLeadToTheRoot_contradictsTheLog() throws Exception {
    tamper(
        folder,
        "UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND tile_index = 0)"
            + " WHERE level = 0 AND tile_index = 1");
    try (StoredLedger stored = stored()) {
      assertThatThrownBy(() -> stored.leaf(LEAVES - 1))
          .isInstanceOfSatisfying(
              LedgerException.class, e -> assertThat(e.code()).isEqualTo(StoredLedger.CONTRADICTS));
    }
  }

  @Test
  void missingLeaf_contradictsTheLog() throws Exception {
    tamper(folder, "DELETE FROM leaf WHERE leaf_index = 3");
    try (StoredLedger stored = stored()) {
      assertThatThrownBy(() -> stored.leaves(0, 16))
          .isInstanceOfSatisfying(
              LedgerException.class, e -> assertThat(e.code()).isEqualTo(StoredLedger.CONTRADICTS));
    }
  }

  @Tag("embedded")
  @Test
  void storeThatNobodyHasOpen_isKeptFromBeingWrittenMeanwhile() throws Exception {
    try (StoredLedger stored = stored()) {
      assertThat(stored.size()).isEqualTo(LEAVES);
      assertThatThrownBy(() -> TestLedgers.open(folder))
          .hasMessageContaining("must be open in one process at a time");
    }
    TestLedgers.open(folder).close();
  }

  @Test
  void storeOfAnotherVersion_isRefused() throws Exception {
    tamper(folder, "INSERT INTO schema_version (version) VALUES (99)");
    assertThatThrownBy(this::stored).hasMessageContaining("must be of version");
  }
}
