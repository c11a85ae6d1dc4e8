// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.failure;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The process of {@link FullDiskTest}, on a small disk of its own: fills it, and makes room again. */
final class DiskFiller {
  private static final int PAGE = 4096;

  private DiskFiller() {}

  public static void main(String[] args) throws Exception {
    Path disk = Path.of(args[0]);
    Path filler = disk.resolve("filler");
    Map<Hash, CommitOutcome> outcomes = new LinkedHashMap<>();
    try (Ledger ledger = TestLedgers.open(disk.resolve("store"))) {
      assertThat(issue(ledger, outcomes)).isInstanceOf(Receipt.class);
      StatusBlock block = await(ledger.reserveStatusBlock(LATER));
      assertThat(await(ledger.probe())).isEmpty();

      fill(filler);
      assertFull(ledger, "before any entry");
      assertThat(issue(ledger, outcomes)).isInstanceOf(Unavailable.class);
      assertFull(ledger, "after one");
      assertThat(failure(ledger.reserveStatusBlock(LATER)).code()).isEqualTo("SQLITE_FULL");
      assertThat(issue(ledger, outcomes)).isInstanceOf(Unavailable.class);

      Files.delete(filler);
      assertThat(await(ledger.probe())).as("by itself").isEmpty();
      assertThat(issue(ledger, outcomes)).isInstanceOf(Receipt.class);
      assertThat(await(ledger.reserveStatusBlock(LATER))).isNotEqualTo(block);
      for (Map.Entry<Hash, CommitOutcome> attempt : outcomes.entrySet()) {
        judge(ledger, attempt.getKey(), attempt.getValue());
      }
    }
    try (Ledger reopened = TestLedgers.open(disk.resolve("store"))) {
      for (Hash nonce : outcomes.keySet()) {
        assertThat(commit(reopened, Samples.issue(nonce))).isInstanceOf(Replayed.class);
      }
    }
    System.out.println("held " + outcomes.size());
  }

  private static void assertFull(Ledger ledger, String when) {
    LedgerException failure = await(ledger.probe()).orElseThrow();
    assertThat(failure.code()).as(when).isEqualTo("SQLITE_FULL");
  }

  private static CommitOutcome issue(Ledger ledger, Map<Hash, CommitOutcome> outcomes) {
    Hash nonce = Samples.nonce();
    CommitOutcome outcome = commit(ledger, Samples.issue(nonce));
    outcomes.put(nonce, outcome);
    return outcome;
  }

  /** A receipt's nonce is used, that of an entry of which nothing was kept is not. */
  private static void judge(Ledger ledger, Hash nonce, CommitOutcome then) throws Exception {
    CommitOutcome again = commit(ledger, Samples.issue(nonce));
    if (then instanceof Receipt) {
      assertThat(again).isInstanceOf(Replayed.class);
    } else if (then instanceof Unavailable unavailable
        && unavailable.reached() == Reached.NOT_COMMITTED) {
      receipt(again);
    }
  }

  private static void fill(Path filler) throws IOException {
    Optional<IOException> full = Optional.empty();
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (full.isEmpty()) {
        try {
          out.write(new byte[PAGE]);
        } catch (IOException e) {
          full = Optional.of(e);
        }
      }
    }
    assertThat(full.orElseThrow()).hasMessageContaining("No space left");
  }
}
