// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A listener hears of every transaction and signature, and can harm none. */
@Tag("any-store-long")
class LedgerEventsTest {
  @TempDir Path folder;
  private final ScriptedSigner signer = new ScriptedSigner();

  private Ledger open(Database database, LedgerEvents events) throws LedgerException {
    return Ledger.open(
        database, CommitLimits.DEFAULT, Samples.ORIGIN, List.of(signer), Samples.CLOCK, events);
  }

  /** Adds up what it hears. */
  private static final class Sums implements LedgerEvents {
    private final AtomicInteger entries = new AtomicInteger();
    private final AtomicInteger signatures = new AtomicInteger();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void batchCommitted(int count, Duration took) {
      assertThat(took).isPositive();
      entries.addAndGet(count);
    }

    @Override
    public void commitFailed(String code) {
      failures.add(code);
    }

    @Override
    public void headSigned(Duration took) {
      assertThat(took).isPositive();
      signatures.incrementAndGet();
    }

    @Override
    public void signatureFailed(String code) {
      failures.add(code);
    }
  }

  @Test
  void listener_hearsOfEntriesSignaturesAndFailures() throws Exception {
    Sums sums = new Sums();
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database, sums)) {
      for (CommitOutcome outcome :
          commit(ledger, List.of(Samples.entry(), Samples.entry(), Samples.entry()))) {
        receipt(outcome);
      }
      assertThat(sums.entries).hasValue(3);
      assertThat(sums.signatures).hasPositiveValue();
      assertThat(sums.failures).isEmpty();

      database.awaitIdle(3);
      database.failAt(1, Fault.NOT_PERSISTED, false);
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      signer.failWith(new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception()));
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      assertThat(sums.failures).startsWith("SQLState 58030", "CKR_DEVICE_ERROR");
      assertThat(sums.entries).hasValue(4);
      signer.recover();
    }
  }

  @Test
  void listener_thatThrows_costsNoEntryItsAnswer() throws Exception {
    LedgerEvents broken =
        new LedgerEvents() {
          @Override
          public void batchCommitted(int entries, Duration took) {
            throw new IllegalStateException("a listener's bug");
          }

          @Override
          public void headSigned(Duration took) {
            throw new IllegalStateException("a listener's bug");
          }
        };
    try (Ledger ledger = open(new FaultyDatabase(folder), broken)) {
      receipt(commit(ledger, Samples.entry()));
      receipt(commit(ledger, Samples.entry()));
    }
  }
}
