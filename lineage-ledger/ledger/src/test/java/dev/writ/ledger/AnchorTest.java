// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that was put back contradicts its anchor, and does not open. */
class AnchorTest {
  @TempDir Path folder;

  @TempDir Path elsewhere;

  private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();

  private Path anchor() {
    return elsewhere.resolve("anchor");
  }

  private Path store() {
    return folder.resolve("ledger");
  }

  private Ledger open() throws LedgerException {
    return open(anchor());
  }

  private Ledger open(Path anchor) throws LedgerException {
    return Ledger.open(
        new SqliteConfig(store(), Optional.of(anchor), CommitLimits.DEFAULT),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        Samples.CLOCK,
        new LedgerEvents() {
          @Override
          public void anchorFailed(String reason) {
            events.add(reason);
          }

          @Override
          public void anchorBack(String name) {
            events.add("back");
          }
        });
  }

  private void assertStops(String... words) {
    assertThatThrownBy(() -> open().close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
  }

  private void grow(int leaves) throws Exception {
    try (Ledger ledger = open()) {
      for (int i = 0; i < leaves; i++) {
        receipt(commit(ledger, Samples.entry()));
      }
    }
  }

  private Checkpoint anchored() throws Exception {
    return TestLedgers.verified(SignedNote.parse(Files.readAllBytes(anchor())), TestLedgers.SIGNER);
  }

  /** Copies the store's file, which holds all of it once the ledger is closed. */
  private void putBack(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    Path ignored =
        Files.copy(
            from.resolve("ledger.db"),
            to.resolve("ledger.db"),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING,
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
  }

  @Test
  void anchor_followsTheLedger_andIsWrittenAtItsClose() throws Exception {
    grow(3);
    assertThat(anchored().size()).isEqualTo(3);
    try (Ledger ledger = open()) {
      receipt(commit(ledger, Samples.entry()));
      await(() -> anchored().size() == 4);
    }
    assertThat(events).isEmpty();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  @Test
  void storeThatWasPutBack_doesNotOpen() throws Exception {
    grow(2);
    putBack(store(), folder.resolve("backup"));
    grow(1);
    putBack(folder.resolve("backup"), store());
    assertStops(anchor().toString(), "at most 2 leaves", "and 3", "rolled back");
  }

  /** It has as many leaves as the anchor says, and other ones. */
  @Test
  void storeThatWasPutBackAndGrewWithoutItsAnchor_doesNotOpen() throws Exception {
    grow(2);
    putBack(store(), folder.resolve("backup"));
    grow(2);
    putBack(folder.resolve("backup"), store());
    try (Ledger unanchored = TestLedgers.open(store())) {
      for (int i = 0; i < 3; i++) {
        receipt(commit(unanchored, Samples.entry()));
      }
    }
    assertStops(anchor().toString(), "as the tiles give", "rolled back");
  }

  @Test
  void anchorThatIsMissing_stopsALedgerWithLeaves_andAnEmptyOneIsABeginning() throws Exception {
    grow(1);
    Files.delete(anchor());
    assertStops(anchor().toString(), "must be there, and is not", "1 leaves", "empty file");
    Files.createFile(anchor());
    grow(1);
    assertThat(anchored().size()).isEqualTo(2);
  }

  @Test
  void anchorThatNobodyOfThisLedgerSigned_stops() throws Exception {
    grow(1);
    Checkpoint honest = anchored();
    NoteSigner stranger = Samples.p256Signer();
    Files.write(anchor(), SignedNote.sign(honest.noteText(), stranger).bytes());
    assertStops(anchor().toString(), "must be signed by a checkpoint key given");
    Files.writeString(anchor(), "no checkpoint\n");
    assertStops(anchor().toString(), "must be a signed checkpoint");
    Files.write(anchor(), new byte[SignedNote.MAX_BYTES + 1]);
    assertStops(anchor().toString(), "must be a signed checkpoint");
  }

  @Test
  void anchorInTheLedgersFolder_isRefused() {
    assertThatThrownBy(() -> open(store().resolve("anchor")))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("must lie outside the ledger's folder");
  }

  @Test
  void anchorThatCannotBeWritten_isToldOnceAndStopsNothing() throws Exception {
    grow(1);
    Path gone = elsewhere.resolveSibling(elsewhere.getFileName() + "-gone");
    try (Ledger ledger = open()) {
      await(() -> anchored().size() == 1);
      Files.move(elsewhere, gone);
      receipt(commit(ledger, Samples.entry()));
      await(() -> !events.isEmpty());
      receipt(commit(ledger, Samples.entry()));
      Thread.sleep(1_200);
      assertThat(events).hasSize(1).first().asString().contains("must be writable");
      Files.move(gone, elsewhere);
      await(() -> events.contains("back"));
      assertThat(anchored().size()).isEqualTo(3);
    }
  }
}
