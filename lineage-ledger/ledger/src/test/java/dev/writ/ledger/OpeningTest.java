// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.NoteVerifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stops the start, each with one sentence that names it. */
class OpeningTest {
  @TempDir Path folder;

  private void assertStops(String... words) {
    assertThatThrownBy(() -> TestLedgers.open(folder).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
  }

  private void ledgerOf(int leaves) throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < leaves; i++) {
        entries.add(Samples.entry());
      }
      receipt(commit(ledger, entries).get(leaves - 1));
    }
  }

  @Test
  void files_areForTheirOwnerAlone() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder.resolve("made"))) {
      receipt(commit(ledger, Samples.entry()));
      assertThat(mode(folder.resolve("made"))).isEqualTo("rwx------");
      for (String name : List.of("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.lock")) {
        assertThat(mode(folder.resolve("made").resolve(name))).as(name).isEqualTo("rw-------");
      }
    }
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void storeThatOthersCanRead_stops() throws Exception {
    ledgerOf(1);
    Files.setPosixFilePermissions(
        folder.resolve("ledger.db"), PosixFilePermissions.fromString("rw-r--r--"));
    assertStops("ledger.db must be readable by its owner alone", "rw-r--r--", "chmod 600");
  }

  @Test
  void folderThatIsAFile_stops() throws Exception {
    folder = Files.createFile(folder.resolve("file"));
    assertStops("must be a folder that this process can write to", "file");
  }

  @Test
  void folderThatCannotBeWritten_stops() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
    assumeThat(Files.isWritable(folder)).as("only root writes here all the same").isFalse();
    assertStops("must be a folder that this process can write to");
  }

  @Test
  void secondLedgerInThisProcess_stopsAndTheFirstGoesOn() throws Exception {
    try (Ledger first = TestLedgers.open(folder)) {
      assertStops("open in one process at a time", "this process has it open");
      receipt(commit(first, Samples.entry()));
    }
    TestLedgers.open(folder).close();
  }

  @Test
  void newerSchema_stops() throws Exception {
    ledgerOf(1);
    tamper(folder, "INSERT INTO schema_version (version) VALUES (" + (Schema.VERSION + 1) + ")");
    assertStops(
        "schema version must be at most " + Schema.VERSION + ", was " + (Schema.VERSION + 1),
        "start that version");
  }

  @Test
  void databaseOfSomethingElse_stops() throws Exception {
    ledgerOf(1);
    tamper(folder, "ALTER TABLE schema_version RENAME TO another");
    assertStops("empty or a ledger", "name another folder");
  }

  @Test
  void fileThatIsNoDatabase_stops() throws Exception {
    ledgerOf(1);
    Files.writeString(
        folder.resolve("ledger.db"), "no database".repeat(1000), StandardCharsets.UTF_8);
    assertStops("ledger.db must be a SQLite database", "file is not a database");
  }

  @Test
  void anotherOrigin_stops() throws Exception {
    ledgerOf(1);
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    NoteSigner other = KeyPairNoteSigner.of("other.example", generator.generateKeyPair());
    assertThatThrownBy(() -> open("other.example", other))
        .hasMessageContaining("the origin must be log.example/writ")
        .hasMessageContaining("was other.example");
    assertThatThrownBy(() -> open(Samples.ORIGIN, other))
        .hasMessageContaining("a checkpoint key's name must be the origin");
    assertThatThrownBy(() -> TestLedgers.open(folder, new NoteSigner[0]).close())
        .hasMessageContaining("must have a checkpoint key");
  }

  @Test
  void anotherKeyAlone_stopsBeforeItSigns() throws Exception {
    ledgerOf(1);
    AtomicInteger signed = new AtomicInteger();
    NoteSigner stranger = Samples.p256Signer();
    NoteSigner counting =
        new NoteSigner() {
          @Override
          public NoteKey key() {
            return stranger.key();
          }

          @Override
          public byte[] sign(byte[] text) throws NoteSigningException {
            signed.incrementAndGet();
            return stranger.sign(text);
          }
        };

    assertThatThrownBy(() -> TestLedgers.open(folder, counting).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(
            "must be signed by a checkpoint key given",
            stranger.key().vkey(),
            "the key that signed")
        .hasMessageNotContaining("\n");
    assertThat(signed).hasValue(0);
    TestLedgers.open(folder).close();
  }

  /** A successor signs from here on; whose checkpoint the store has is known, and signs no more. */
  @Test
  void formerKey_ofTheStoredCheckpoint_isFollowed() throws Exception {
    ledgerOf(1);
    NoteSigner successor = Samples.p256Signer();
    CheckpointKeys keys =
        known -> new CheckpointKeys.Lines(List.of(successor), List.of(TestLedgers.SIGNER.key()));

    try (Ledger ledger =
        Ledger.open(
            SqliteConfig.in(folder), Samples.ORIGIN, keys, Samples.CLOCK, LedgerEvents.NONE)) {
      assertThat(ledger.checkpoint().open(List.of(NoteVerifier.of(successor.key()))))
          .isInstanceOf(NoteOutcome.Opened.class);
      assertThat(ledger.checkpoint().signatures()).hasSize(1);
    }
  }

  @Test
  void signWith_others_takesTheNextHead() throws Exception {
    NoteSigner second = Samples.p256Signer();
    try (Ledger ledger = TestLedgers.open(folder)) {
      ledger.signWith(List.of(TestLedgers.SIGNER, second));
      receipt(commit(ledger, Samples.entry()));
      assertThat(ledger.checkpoint().signatures()).hasSize(2);
      assertThatThrownBy(() -> ledger.signWith(List.of()))
          .hasMessageContaining("must have a checkpoint key");
      receipt(commit(ledger, Samples.entry()));
      assertThat(ledger.checkpoint().signatures()).as("the same as before").hasSize(2);
    }
  }

  private void open(String origin, NoteSigner signer) throws LedgerException {
    Ledger.open(SqliteConfig.in(folder), origin, List.of(signer), Samples.CLOCK).close();
  }

  @Test
  void keyThatDoesNotSignAnUnsignedHead_stopsWithItsCode() throws Exception {
    ledgerOf(1);
    tamper(folder, "DELETE FROM checkpoint");
    NoteSigner broken =
        new NoteSigner() {
          @Override
          public NoteKey key() {
            return TestLedgers.SIGNER.key();
          }

          @Override
          public byte[] sign(byte[] text) throws NoteSigningException {
            throw new NoteSigningException(
                "CKR_DEVICE_REMOVED", "the token must be there, was not", new Exception());
          }
        };
    assertThatThrownBy(() -> TestLedgers.open(folder, broken).close())
        .isInstanceOfSatisfying(
            LedgerException.class, e -> assertThat(e.code()).isEqualTo("CKR_DEVICE_REMOVED"))
        .hasMessageContaining("the head of 1 leaves must be signed");
    TestLedgers.open(folder).close();
  }

  /** 66,051 leaves: partial tiles on levels 0 (3 hashes), 1 (2) and 2 (1), full ones below. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE tile SET hashes = zeroblob(96) WHERE level = 0 AND tile_index = 258"
            + "|tile/0/258.p/3 row 0",
        "UPDATE tile SET hashes = zeroblob(64) WHERE level = 0 AND tile_index = 258"
            + "|tile/0/258.p/3 must be 3 hashes",
        "DELETE FROM tile WHERE level = 0 AND tile_index = 258|tile/0/258.p/3 must be 3 hashes",
        "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND tile_index = 257"
            + "|tile/1/001.p/2 row 1 must be the root of tile/0/257",
        "DELETE FROM tile WHERE level = 0 AND tile_index = 256|tile/0/256 must be 256 hashes",
        "UPDATE tile SET hashes = zeroblob(64) WHERE level = 1 AND tile_index = 1"
            + "|tile/1/001.p/2 row 0",
        "UPDATE tile SET hashes = zeroblob(32) WHERE level = 2|tile/2/000.p/1 row 0",
        "DELETE FROM tile WHERE level = 2|tile/2/000.p/1 must be 1 hashes",
        "UPDATE leaf SET bytes = x'7b7d' WHERE leaf_index = 66050|the hash of leaf 66050",
        "DELETE FROM leaf WHERE leaf_index = 66048|3 leaves from 66048 on",
        "UPDATE tree_head SET root = zeroblob(32)|tree_head must be root",
        "UPDATE tree_head SET size = size - 1|tile/0/258.p/2 must be 2 hashes",
        "UPDATE tree_head SET size = size + 1|tile/0/258.p/4 must be 4 hashes",
        "UPDATE tree_head SET origin = 'x'|the origin must be x",
        "UPDATE checkpoint SET note = x'00'|the stored checkpoint must be a signed checkpoint",
      })
  void corruptedStore_isNamed(String sql, String named) throws Exception {
    SharedLedger.copyTo(folder);
    tamper(folder, sql);
    assertStops(named);
  }

  /** Past a full tile of level 1, and up to the right edge, whose check then reads tiles from the archive. */
  @Test
  void largeStore_archivedUpToItsEdge_opens() throws Exception {
    SharedLedger.copyTo(folder);
    ArchivedLedger made =
        new ArchivedLedger(folder, Files.createDirectory(folder.resolve("archive")));
    made.age();
    try (Ledger ledger = made.open()) {
      ArchivedLedger.awaitMinimum(ledger, 66_048);
    }
    assertThat(made.events).isEmpty();
    assertThat(made.archive.resolve("tile/1/000")).hasSize(256 * 32);
    assertThat(made.archive.resolve("tile/1/001")).doesNotExist();
    try (Ledger ledger = made.open()) {
      assertThat(ledger.consistencyProof(65_000, ledger.size())).isPresent();
      receipt(commit(ledger, Samples.entry()));
    }
    made.flip("tile/0/256");
    assertThatThrownBy(() -> made.open().close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("tile/0/256 must be the tile of root");
  }

  @Test
  void checkpointOfAnotherTree_stops() throws Exception {
    ledgerOf(3);
    Path other = folder.resolve("other");
    try (Ledger ledger = TestLedgers.open(other)) {
      receipt(commit(ledger, Samples.entry()));
    }
    tamper(
        folder,
        "ATTACH DATABASE '"
            + other.resolve("ledger.db")
            + "' AS other;"
            + " UPDATE checkpoint SET (size, note) = (SELECT size, note FROM other.checkpoint)");
    assertStops("the stored checkpoint must be over root", "mixed or rolled back");
  }

  @Test
  void headBehindItsCheckpoint_stops() throws Exception {
    ledgerOf(1);
    Path older = Files.createTempDirectory(folder, "older");
    Files.copy(folder.resolve("ledger.db"), older.resolve("ledger.db"));
    ledgerOf(1);
    tamper(
        older,
        "ATTACH DATABASE '"
            + folder.resolve("ledger.db")
            + "' AS newer;"
            + " UPDATE checkpoint SET (size, note) = (SELECT size, note FROM newer.checkpoint)");
    Files.setPosixFilePermissions(
        older.resolve("ledger.db"), PosixFilePermissions.fromString("rw-------"));
    folder = older;
    assertStops("at most 1 leaves", "and 2", "rolled back");
  }

  /** A ledger that is large enough for three levels of tiles, made once and copied. */
  private static final class SharedLedger {
    private static final int LEAVES = 65_536 + 512 + 3;
    private static byte[] bytes = {};

    static synchronized void copyTo(Path folder) throws Exception {
      if (bytes.length == 0) {
        Path made = Files.createTempDirectory("ledger");
        try (Ledger ledger = TestLedgers.open(made)) {
          List<Entry> entries = new ArrayList<>();
          for (int i = 0; i < LEAVES; i++) {
            entries.add(Samples.entry());
            if (entries.size() == 20_000 || i == LEAVES - 1) {
              receipt(commit(ledger, entries).get(entries.size() - 1));
              entries.clear();
            }
          }
        }
        bytes = Files.readAllBytes(made.resolve("ledger.db"));
        try (var files = Files.list(made)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(made);
      }
      Path file = folder.resolve("ledger.db");
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, bytes);
    }
  }
}
