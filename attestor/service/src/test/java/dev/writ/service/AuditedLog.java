// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LogFiles;
import dev.writ.lineage.Openings;
import dev.writ.lineage.TileLeafSource;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedTilePathException;
import dev.writ.tlog.TilePath;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** A deployment's log as an auditor reads it: its files, by a trust file, and nothing of its state. */
final class AuditedLog {
  private static final Set<LeafKind> OPENED =
      Set.of(LeafKind.DECISION_ALLOW, LeafKind.ENROLMENT, LeafKind.APPROVAL);

  private AuditedLog() {}

  static Lineage read(Ledger ledger, TrustFile trust, Openings openings) throws Exception {
    LogFiles files = (path, maxBytes) -> file(ledger, path);
    return Lineage.read(
        TileLeafSource.open(files, LogPolicy.parse(trust.content().logPolicy())), openings);
  }

  private static Optional<byte[]> file(Ledger ledger, String path) throws IOException {
    try {
      if (path.equals("checkpoint")) {
        return Optional.of(ledger.checkpoint().bytes());
      }
      return path.startsWith("tile/entries/")
          ? ledger.entryBundle(EntryBundlePath.parse(path))
          : ledger.tile(TilePath.parse(path));
    } catch (LedgerException | MalformedTilePathException e) {
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
