// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A ledger with an archive, at a time that a test sets, and what its leaves are. */
final class ArchivedLedger {
  static final int DAYS = 30;
  static final String TILE = "tile/0/000";
  static final String ENTRIES = "tile/entries/000";

  final Path folder;
  final Path archive;
  final List<Hash> leaves = new ArrayList<>();
  final Queue<String> events = new ConcurrentLinkedQueue<>();
  volatile Instant now = Samples.NOW;

  ArchivedLedger(Path folder, Path archive) {
    this.folder = folder;
    this.archive = archive;
  }

  StoreConfig config() {
    return TestLedgers.store(folder).withArchive(new ArchiveConfig(archive, DAYS));
  }

  /** From here on the leaves of {@link Samples} are old. */
  void age() {
    now = Samples.NOW.plus(Duration.ofDays(DAYS)).plusMillis(1);
  }

  Ledger open() throws LedgerException {
    return Ledger.open(
        config(),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        () -> now,
        events());
  }

  Ledger open(Database database) throws LedgerException {
    return Ledger.open(
        database,
        CommitLimits.DEFAULT,
        Samples.ORIGIN,
        List.of(TestLedgers.SIGNER),
        () -> now,
        events());
  }

  private LedgerEvents events() {
    return new LedgerEvents() {
      @Override
      public void archiveFailed(String reason) {
        events.add(reason);
      }

      @Override
      public void archiveBack() {
        events.add("back");
      }
    };
  }

  void grow(Ledger ledger, int by) throws Exception {
    grow(ledger, by, Samples.NOW);
  }

  void grow(Ledger ledger, int by, Instant time) throws Exception {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < by; i++) {
      entries.add(Entry.of(Samples.leafAt(time)));
    }
    commit(ledger, entries);
  }

  void commit(Ledger ledger, List<Entry> entries) throws Exception {
    TestLedgers.receipt(TestLedgers.commit(ledger, entries).get(entries.size() - 1));
    entries.forEach(entry -> leaves.add(entry.leaf().hash()));
  }

  /** A ledger of old leaves, those of full bundles in the archive. */
  Ledger openArchived(int size) throws Exception {
    Ledger ledger = open();
    grow(ledger, size);
    age();
    awaitMinimum(ledger, size / 256 * 256L);
    return ledger;
  }

  static void awaitMinimum(Ledger ledger, long minimum) throws Exception {
    await(() -> ledger.retention().minimumIndex() == minimum);
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  void flip(String file) throws IOException {
    Path path = archive.resolve(file);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length / 2] ^= 1;
    Path unused = Files.write(path, bytes);
  }

  /** Each leaf is in the tree, and the tree begins with each older one, as the leaves alone say. */
  void assertAllProven(Ledger ledger) throws Exception {
    int size = leaves.size();
    Hash root = MerkleTree.root(leaves);
    CompactRange older = new CompactRange();
    for (int index = 0; index < size; index++) {
      InclusionProof inclusion = ledger.inclusionProof(index, size).orElseThrow();
      assertThat(inclusion.verify(leaves.get(index), root)).isInstanceOf(ProofOutcome.Proven.class);
      older.append(leaves.get(index));
      ConsistencyProof consistency = ledger.consistencyProof(index + 1, size).orElseThrow();
      assertThat(consistency.verify(older.root(), root)).isInstanceOf(ProofOutcome.Proven.class);
    }
  }
}
