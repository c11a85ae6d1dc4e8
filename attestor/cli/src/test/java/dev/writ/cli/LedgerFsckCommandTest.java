// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.KeyPairNoteSigner;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ ledger fsck} over a store that a ledger filled. */
@Tag("shares-jvm")
class LedgerFsckCommandTest {
  private static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;

  @BeforeEach
  void fill() throws Exception {
    try (Ledger ledger = open()) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        UuidV7 jti = UuidV7.next(InstantSource.system(), new SecureRandom());
        Leaf leaf = SampleLeaves.born(NOW).allow(jti).leaf(2);
        entries.add(
            Entry.of(
                leaf, new StateChange.RecordArtifact(jti, NOW.plusSeconds(60), Optional.empty())));
      }
      assertThat(ledger.commit(entries).toCompletableFuture().join())
          .hasOnlyElementsOfType(Receipt.class);
    }
  }

  private Ledger open() throws Exception {
    return Ledger.open(
        SqliteConfig.in(folder),
        SampleLog.ORIGIN,
        List.of(
            KeyPairNoteSigner.of(
                SampleLog.ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair())),
        InstantSource.fixed(NOW));
  }

  private Invocation fsck(Object... more) {
    List<Object> words = new ArrayList<>(List.of("ledger", "fsck", folder));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  @Test
  void store_asTheLedgerLeftIt_isWhole() {
    Invocation checked = fsck();
    assertThat(checked.err()).isEmpty();
    assertThat(checked.status()).isZero();
    assertThat(checked.out())
        .containsPattern("origin +" + SampleLog.ORIGIN)
        .containsPattern("size +3\n")
        .containsPattern("payloads +0\n")
        .containsPattern("whole +true");
  }

  @Test
  void store_withAChangedLeaf_exitsWith5AndNamesIt() throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
        Statement statement = connection.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "UPDATE leaf SET bytes = CAST(replace(bytes, '\"epoch\":1', '\"epoch\":2')"
                      + " AS BLOB) WHERE leaf_index = 1"))
          .isEqualTo(1);
    }
    Invocation checked = fsck("-o", "json");
    assertThat(checked.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(checked.out()).contains("\"whole\":false", "\"where\":\"entry 1\"");
    assertThat(checked.err()).contains("the store must be what its leaves say", "entry 1 must be");
  }

  @Test
  void file_thatIsNoDatabaseAnyMore_exitsWith5() throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("ledger.db").toFile(), "rw")) {
      file.write(new byte[100]);
    }
    assertThat(fsck().status()).isEqualTo(ExitStatus.INTEGRITY);
  }

  @Test
  void file_thatWasEmptied_exitsWith5AndStaysEmpty() throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("ledger.db").toFile(), "rw")) {
      file.setLength(0);
    }
    Invocation checked = fsck();
    assertThat(checked.status()).as(checked.err()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(folder.resolve("ledger.db")).isEmptyFile();
    assertThat(folder.resolve("ledger.db-wal")).doesNotExist();
  }

  @Test
  void folder_withoutAStoreOrInUse_isConfiguration() throws Exception {
    assertThat(Invocation.of("ledger", "fsck", folder.resolve("none")).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
    Path other = folder.resolve("other");
    try (Ledger ledger =
        Ledger.open(
            SqliteConfig.in(other),
            SampleLog.ORIGIN,
            List.of(
                KeyPairNoteSigner.of(
                    SampleLog.ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair())),
            InstantSource.fixed(NOW))) {
      assertThat(ledger.size()).isZero();
      Invocation refused = Invocation.of("ledger", "fsck", other);
      assertThat(refused.status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(refused.err()).contains("must be open in one process at a time");
    }
  }
}
