// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.RevocationEvent;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The revocations of a ledger as those are told of them who are not asked to believe it. */
final class RevocationEvents {
  private final Ledger ledger;

  RevocationEvents(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * A leaf that a checkpoint covers, with its proof.
   *
   * @param note the checkpoint
   */
  byte[] json(long index, SignedNote note) throws LedgerException {
    long size = size(note);
    Leaf leaf = ledger.leaf(index).orElseThrow(() -> missing(index));
    TlogProof proof =
        TlogProof.of(ledger.inclusionProof(index, size).orElseThrow(() -> missing(index)), note);
    return new RevocationEvent(leaf.bytes(), proof.format()).toJson();
  }

  /** The first from this place on. */
  Optional<Map.Entry<Long, byte[]>> next(long from) throws LedgerException {
    List<Long> places = ledger.revocations(from, 1);
    return places.isEmpty()
        ? Optional.empty()
        : Optional.of(Map.entry(places.get(0), json(places.get(0), ledger.checkpoint())));
  }

  /**
   * A place before which no leaf is of this time or later, but where the service's clock fell back.
   *
   * @param time less than a day ago: no archive has leaves of then, and none is asked
   */
  long since(Instant time) throws LedgerException {
    long from = ledger.retention().minimumIndex();
    long before = ledger.size();
    while (from < before) {
      long middle = (from + before) >>> 1;
      if (ledger.leaf(middle).map(leaf -> leaf.time().isBefore(time)).orElse(true)) {
        from = middle + 1;
      } else {
        before = middle;
      }
    }
    return from;
  }

  private static long size(SignedNote note) {
    try {
      return Checkpoint.parse(note.text()).size();
    } catch (MalformedCheckpointException e) {
      throw new IllegalStateException("bug: the ledger's own checkpoint is none", e);
    }
  }

  private static IllegalStateException missing(long index) {
    return new IllegalStateException(
        "bug: a checkpoint covers leaf " + index + ", which is not there");
  }
}
