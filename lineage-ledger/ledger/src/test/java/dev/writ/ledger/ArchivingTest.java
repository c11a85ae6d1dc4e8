// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.ArchivedLedger.ENTRIES;
import static dev.writ.ledger.ArchivedLedger.TILE;
import static dev.writ.ledger.ArchivedLedger.await;
import static dev.writ.ledger.ArchivedLedger.awaitMinimum;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.TilePath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Old leaves move to the archive, nobody who reads can tell, and what comes back from it is proven. */
@Tag("any-store")
class ArchivingTest {
  private static final int SIZE = 600;
  private static final int ARCHIVED = 512;

  @TempDir Path folder;
  @TempDir Path archive;

  private ArchivedLedger made;

  @BeforeEach
  void make() {
    made = new ArchivedLedger(folder, archive);
  }

  private long rows(String from) throws Exception {
    try (Connection connection = TestLedgers.connection(folder);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM " + from)) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  private void assertNamed(ThrowingCallable read, String... words) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            LedgerException.class, failure -> assertThat(failure.code()).isEqualTo("archive"))
        .hasMessageContainingAll(words)
        .hasMessageContaining(archive.toString())
        .hasMessageNotContaining("\n");
  }

  @Test
  void oldLeaves_leaveTheStore_andAllIsReadAndProvenAsBefore() throws Exception {
    try (Ledger ledger = made.open()) {
      made.grow(ledger, 3);
      Leaf third =
          Leaf.of(
              Samples.NOW,
              UuidV7.next(Samples.CLOCK, new SecureRandom()),
              List.of(),
              Samples.leaf().body());
      made.commit(ledger, List.of(Entry.of(third)));
      made.grow(ledger, SIZE - 4);
      byte[] tile = ledger.tile(new TilePath(0, 1, 256)).orElseThrow();
      byte[] part = ledger.tile(new TilePath(0, 1, 100)).orElseThrow();
      byte[] bundle = ledger.entryBundle(new EntryBundlePath(0, 256)).orElseThrow();
      assertThat(ledger.retention().minimumIndex()).isZero();
      made.age();
      awaitMinimum(ledger, ARCHIVED);
      assertThat(rows("leaf")).isEqualTo(SIZE - ARCHIVED);
      assertThat(rows("tile WHERE level = 0")).isEqualTo(1);
      assertThat(rows("tile WHERE level = 1")).isEqualTo(1);
      FolderLog files = new FolderLog(archive);
      assertThat(files.readTile(new TilePath(0, 1, 256))).contains(tile);
      assertThat(files.readEntryBundle(new EntryBundlePath(0, 256))).contains(bundle);

      assertThat(ledger.leaf(3)).contains(third);
      assertThat(ledger.leafHash(3)).contains(third.hash());
      assertThat(ledger.indexOf(third.id())).hasValue(3);
      assertThat(ledger.tile(new TilePath(0, 1, 256))).contains(tile);
      assertThat(ledger.tile(new TilePath(0, 1, 100))).contains(part);
      assertThat(ledger.entryBundle(new EntryBundlePath(0, 256))).contains(bundle);
      byte[] few = ledger.entryBundle(new EntryBundlePath(1, 2)).orElseThrow();
      assertThat(EntryBundle.decode(new EntryBundlePath(1, 2), few)).hasSize(2);
      assertThat(ledger.leaf(SIZE)).isEmpty();
      made.assertAllProven(ledger);
    }
    assertThat(made.events).isEmpty();
    try (Ledger ledger = made.open()) {
      made.grow(ledger, 10);
      assertThat(ledger.leafHash(3)).contains(made.leaves.get(3));
    }
  }

  @Test
  void leavesThatAreNotOldYet_keepTheirBundleInTheStore() throws Exception {
    try (Ledger ledger = made.open()) {
      made.grow(ledger, 500);
      // The times of one bundle's leaves need not rise.
      made.grow(ledger, 1, Samples.NOW.plus(Duration.ofDays(1)));
      made.grow(ledger, 300);
      made.age();
      awaitMinimum(ledger, 256);
      Thread.sleep(600);
      assertThat(ledger.retention().minimumIndex()).isEqualTo(256);
      made.now = made.now.plus(Duration.ofDays(1));
      awaitMinimum(ledger, 768);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {TILE, ENTRIES})
  void fileThatWasChangedOrIsGone_isNamed_andAllElseGoesOn(String file) throws Exception {
    try (Ledger ledger = made.openArchived(SIZE)) {
      byte[] whole = Files.readAllBytes(archive.resolve(file));
      made.flip(file);
      assertNamed(() -> ledger.entryBundle(new EntryBundlePath(0, 256)), file);
      assertNamed(() -> ledger.leaf(7), file);
      Files.write(archive.resolve(file), new byte[] {1});
      assertNamed(() -> ledger.leaf(7), file);
      Files.delete(archive.resolve(file));
      assertNamed(() -> ledger.leaf(7), file, "must be there, is not", "bring it back");
      assertThat(ledger.leaf(256)).isPresent();
      made.grow(ledger, 3);
      assertThat(ledger.inclusionProof(SIZE, SIZE + 3)).isPresent();
      Files.write(archive.resolve(file), whole);
      assertThat(ledger.leaf(7).orElseThrow().hash()).isEqualTo(made.leaves.get(7));
    }
  }

  @Test
  void fileOfSomebodyElse_isNotWrittenOver_andNothingIsDropped() throws Exception {
    Path theirs = archive.resolve(ENTRIES);
    Files.createDirectories(theirs.getParent());
    Files.writeString(theirs, "theirs");
    try (Ledger ledger = made.open()) {
      made.grow(ledger, SIZE);
      made.age();
      await(() -> !made.events.isEmpty());
      assertThat(made.events.peek())
          .contains(archive.toString(), ENTRIES, "is not written over", "nothing was dropped");
      assertThat(theirs).hasContent("theirs");
      assertThat(ledger.retention().minimumIndex()).isZero();
      assertThat(rows("leaf")).isEqualTo(SIZE);
      receipt(commit(ledger, Samples.entry()));
      Files.delete(theirs);
      await(() -> made.events.contains("back"));
      assertThat(made.events).hasSize(2);
      assertThat(ledger.retention().minimumIndex()).isEqualTo(ARCHIVED);
    }
  }

  /** A tile that the store has wrong must not become what the archive has for good. */
  @Test
  void leafThatTheStoreHasWrong_isNotArchived() throws Exception {
    try (Ledger ledger = made.open()) {
      made.grow(ledger, SIZE);
    }
    TestLedgers.tamper(
        folder,
        "UPDATE leaf SET bytes = (SELECT l.bytes FROM leaf l WHERE l.leaf_index = 8)"
            + " WHERE leaf_index = 7");
    made.age();
    try (Ledger ledger = made.open()) {
      await(() -> !made.events.isEmpty());
      assertThat(made.events.peek()).contains("tile/entries/000", "leaf 7");
      assertThat(archive).isEmptyDirectory();
      receipt(commit(ledger, Samples.entry()));
    }
  }

  /** Steps 2 to 4 of {@link Archiving}: some files are there, of one only the beginning. */
  @Test
  void crashAmongTheFiles_isGoneOverAgain() throws Exception {
    try (Ledger ledger = made.open()) {
      made.grow(ledger, SIZE);
      byte[] tile = ledger.tile(new TilePath(0, 0, 256)).orElseThrow();
      Files.createDirectories(archive.resolve("tile/0"));
      Files.createDirectories(archive.resolve("tile/entries"));
      Files.write(archive.resolve(TILE), tile);
      Files.write(archive.resolve(ENTRIES + ".0.tmp"), new byte[] {1});
      made.age();
      awaitMinimum(ledger, ARCHIVED);
      assertThat(ledger.leaf(7).orElseThrow().hash()).isEqualTo(made.leaves.get(7));
    }
    assertThat(made.events).isEmpty();
  }

  /** Step 5, after the lock: the three statements, COMMIT without effect, and COMMIT that had it. */
  @Test
  void crashInTheTransaction_dropsAllOrNothing() throws Exception {
    int raise = 3;
    int commit = 6;
    for (int step = raise; step <= commit + 1; step++) {
      boolean durable = step > commit;
      long before = made.leaves.size();
      made.now = Samples.NOW;
      FaultyDatabase database = FaultyDatabase.of(made.config());
      try (Ledger ledger = made.open(database)) {
        made.grow(ledger, 256);
        database.awaitIdle(before + 256);
        database.failAt(
            Math.min(step, commit), durable ? Fault.PERSISTED : Fault.NOT_PERSISTED, true);
        made.age();
        await(() -> !made.events.isEmpty());
        assertThat(database.disarm()).isNotEmpty();
      }
      assertThat(rows("leaf")).isEqualTo(durable ? 0 : 256);
      try (Ledger ledger = made.open()) {
        awaitMinimum(ledger, before + 256);
        assertThat(ledger.leaf(before)).isPresent();
        assertThat(rows("leaf")).isZero();
      }
      made.events.clear();
    }
  }

  @Test
  void startWithoutTheArchive_isRefused() throws Exception {
    made.openArchived(SIZE).close();
    assertThatThrownBy(() -> TestLedgers.open(folder).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("name ledger.archive.folder");
    Path gone = archive.resolveSibling(archive.getFileName() + "-gone");
    Files.move(archive, gone);
    assertNamed(() -> made.open().close(), "must be a folder, and is not: mount it");
    Files.createDirectory(archive);
    assertNamed(() -> made.open().close(), TILE, "must be there, is not");
    Files.delete(archive);
    Files.move(gone, archive);
    made.flip("tile/entries/001");
    assertNamed(() -> made.open().close(), "tile/entries/001");
    made.flip("tile/entries/001");
    made.open().close();
  }

  @Test
  void check_ofTheStore_goesOnInTheArchive() throws Exception {
    made.openArchived(SIZE).close();
    assertThat(faults()).isEmpty();
    made.flip("tile/entries/001");
    assertThat(faults()).singleElement().asString().contains("entr").contains("tile/entries/001");
    made.flip("tile/entries/001");
    made.flip(TILE);
    assertThat(faults()).singleElement().asString().startsWith("tile/0/000 row 128");
    made.flip(TILE);
    Files.move(archive.resolve(ENTRIES), archive.resolve("entries"));
    assertThat(faults()).anySatisfy(fault -> assertThat(fault).contains(ENTRIES, "in no place"));
    Files.move(archive.resolve("entries"), archive.resolve(ENTRIES));
    TestLedgers.tamper(folder, "INSERT INTO leaf SELECT 9, bytes FROM leaf WHERE leaf_index = 599");
    assertThat(faults()).singleElement().asString().contains("1 beyond them");
    Files.move(archive, archive.resolveSibling(archive.getFileName() + "-gone"));
    assertNamed(this::faults, "must be a folder, and is not");
    assertThatThrownBy(
            () -> {
              try (Fsck fsck = Fsck.of(TestLedgers.store(folder))) {
                Fsck.Checked unused = fsck.run(fault -> {}, done -> {});
              }
            })
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("--config FILE");
  }

  private List<String> faults() throws LedgerException {
    List<String> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.of(made.config())) {
      Fsck.Checked checked = fsck.run(fault -> faults.add(fault.toString()), done -> {});
      assertThat(checked.minimumIndex()).isEqualTo(ARCHIVED);
    }
    // Samples are allowed without a row of their artifact.
    faults.removeIf(fault -> fault.startsWith("artifact of leaf"));
    return faults;
  }
}
