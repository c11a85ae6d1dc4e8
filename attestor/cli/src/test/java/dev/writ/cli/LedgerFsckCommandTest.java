// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StoreConfig;
import dev.writ.tlog.KeyPairNoteSigner;
import java.io.File;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ ledger fsck} over a store that a ledger filled. */
class LedgerFsckCommandTest {
  private static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;

  @BeforeEach
  void fill() throws Exception {
    try (Ledger ledger = open(SqliteConfig.in(folder), NOW)) {
      grow(ledger, 3);
    }
  }

  private static void grow(Ledger ledger, int by) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < by; i++) {
      UuidV7 jti = UuidV7.next(InstantSource.system(), new SecureRandom());
      Leaf leaf = SampleLeaves.born(NOW).allow(jti).leaf(2);
      entries.add(
          Entry.of(
              leaf, new StateChange.RecordArtifact(jti, NOW.plusSeconds(60), Optional.empty())));
    }
    assertThat(ledger.commit(entries).toCompletableFuture().join())
        .hasOnlyElementsOfType(Receipt.class);
  }

  private static Ledger open(StoreConfig store, Instant now) throws Exception {
    return Ledger.open(
        store,
        SampleLog.ORIGIN,
        List.of(
            KeyPairNoteSigner.of(
                SampleLog.ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair())),
        InstantSource.fixed(now));
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
  void store_withAnArchive_isCheckedWithIt() throws Exception {
    Path archive = Files.createDirectory(folder.resolve("old"));
    Path store = folder.resolve("archived");
    StoreConfig archived = SqliteConfig.in(store).withArchive(new ArchiveConfig(archive, 1));
    try (Ledger ledger = open(archived, NOW.plus(Duration.ofDays(2)))) {
      grow(ledger, 300);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (ledger.retention().minimumIndex() < 256) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(5);
      }
    }
    Invocation without = Invocation.of("ledger", "fsck", store);
    assertThat(without.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(without.err()).contains("the leaves before 256 are in an archive", "--config FILE");
    Path config =
        Files.writeString(
            folder.resolve("serve.yaml"),
            """
            tenant: acme
            trust: trust.json
            token: {label: writ, pin_file: pin}
            ledger: {folder: archived, archive: {folder: old}}
            policy: policy.json
            endorsements: {roots: [roots.pem]}
            listen: {http: "127.0.0.1:8080"}
            operator: {socket: operator.sock}
            """);
    Invocation checked = Invocation.of("ledger", "fsck", "--config", config);
    assertThat(checked.err()).isEmpty();
    assertThat(checked.out()).containsPattern("in_archive +256\n").containsPattern("whole +true\n");
    Path entries = archive.resolve("tile/entries/000");
    byte[] bytes = Files.readAllBytes(entries);
    bytes[100] ^= 1;
    Files.write(entries, bytes);
    Invocation changed = Invocation.of("ledger", "fsck", "--config", config);
    assertThat(changed.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(changed.out()).contains("wrong  entry 0 must be");
    Files.move(archive, folder.resolve("unmounted"));
    Invocation missing = Invocation.of("ledger", "fsck", "--config", config);
    assertThat(missing.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(missing.err()).contains("the archive " + archive + " must be a folder, and is not");
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
    Map<String, Long> before = sizes();
    Invocation checked = fsck();
    assertThat(checked.status()).as(checked.err()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(before).containsEntry("ledger.db", 0L);
    assertThat(sizes()).isEqualTo(before);
  }

  /** The sizes of the store's files by their names. */
  private Map<String, Long> sizes() {
    File[] files = folder.toFile().listFiles();
    assertThat(files).isNotNull();
    return Stream.of(files).collect(Collectors.toMap(File::getName, File::length));
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
