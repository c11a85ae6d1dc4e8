// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.StateChange.RecordArtifact;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A ledger of its own for each test, with artifacts that have bits in a status list. */
abstract class IssuingLedger {
  @TempDir Path folder;
  Ledger ledger;
  private StatusBlock block = new StatusBlock(0, 0, 0);
  private int used;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
    block = await(ledger.reserveStatusBlock(LATER.plusSeconds(3600)));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  StatusIndex nextBit() {
    return block.index(used++);
  }

  /** With the next bit. */
  RecordArtifact recorded(UuidV7 jti, Instant expires) {
    return new RecordArtifact(jti, expires, Optional.of(nextBit()));
  }

  Entry issue(UuidV7 jti, Instant expires) {
    return Entry.of(leaf(jti), recorded(jti, expires));
  }

  UuidV7 issued(Instant expires) throws Exception {
    UuidV7 jti = uuid();
    receipt(commit(ledger, issue(jti, expires)));
    return jti;
  }

  boolean isRevoked(UuidV7 jti) throws LedgerException {
    return ledger.artifact(jti).orElseThrow().revoked();
  }
}
