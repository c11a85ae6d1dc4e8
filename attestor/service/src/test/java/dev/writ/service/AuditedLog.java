// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.CheckpointVerifier;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.Openings;
import dev.writ.lineage.VerifiedLeaves;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * A deployment's log as an auditor reads it: its files, by a trust file, and nothing of its state.
 *
 * @param ledger has the files
 */
record AuditedLog(Ledger ledger) implements TiledLog {
  private static final Set<LeafKind> OPENED =
      Set.of(LeafKind.DECISION_ALLOW, LeafKind.ENROLMENT, LeafKind.APPROVAL, LeafKind.REVOCATION);

  /** The lineage at the newest checkpoint, as the deployment's trust file and clock judge that. */
  static Lineage read(Deployment deployment, Openings openings) throws Exception {
    AuditedLog log = new AuditedLog(deployment.service().ledger());
    SignedNote note = SignedNote.parse(log.readCheckpoint().orElseThrow());
    CheckpointOutcome outcome =
        CheckpointVerifier.of(deployment.trust()).verify(note, deployment.clock.instant());
    if (outcome instanceof TrustedCheckpoint trusted) {
      return Lineage.read(new VerifiedLeaves(log, trusted.checkpoint(), note), openings);
    }
    throw new AssertionError("the checkpoint must be believed: " + outcome);
  }

  @Override
  public Optional<byte[]> readCheckpoint() throws IOException {
    return read(() -> Optional.of(ledger.checkpoint().bytes()));
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) throws IOException {
    return read(() -> ledger.tile(path));
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
    return read(() -> ledger.entryBundle(path));
  }

  private interface Reading {
    Optional<byte[]> read() throws LedgerException;
  }

  private static Optional<byte[]> read(Reading reading) throws IOException {
    try {
      return reading.read();
    } catch (LedgerException e) {
      throw new IOException(e);
    }
  }

  /** Every payload that opens something. */
  static Openings payloads(Ledger ledger) throws Exception {
    Openings.Builder openings = new Openings.Builder();
    for (long i = 0; i < ledger.size(); i++) {
      Leaf leaf = ledger.leaf(i).orElseThrow();
      Optional<byte[]> payload = ledger.payload(i);
      if (payload.isPresent() && OPENED.contains(leaf.kind())) {
        openings.add(payload.get());
      }
    }
    return openings.build();
  }
}
