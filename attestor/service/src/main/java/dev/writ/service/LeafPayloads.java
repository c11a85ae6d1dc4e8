// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PayloadRetention;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.util.Optional;
import java.util.OptionalLong;

/** Gives operators what lies beside a leaf, and erases it. */
final class LeafPayloads {
  private static final System.Logger LOG = System.getLogger(LeafPayloads.class.getName());

  private final Ledger ledger;
  private final Telemetry telemetry;

  LeafPayloads(Ledger ledger, Telemetry telemetry) {
    this.ledger = ledger;
    this.telemetry = telemetry;
  }

  /** What became of the wish to read or to erase. */
  sealed interface Outcome {
    /**
     * It is there.
     *
     * @param proof that the newest checkpoint holds the leaf; absent while none does
     */
    record Shown(KeptPayload payload, Optional<TlogProof> proof) implements Outcome {}

    /** It was there, and is not any more. */
    record Erased(long index, Leaf leaf) implements Outcome {}

    /** It must stay. */
    record MustStay(long index) implements Outcome {}

    /**
     * Nothing lies beside the leaf.
     *
     * @param named whether something did: the leaf names it
     */
    record Nothing(long index, boolean named) implements Outcome {}

    /** No leaf has this name. */
    record Unknown() implements Outcome {}
  }

  /** What lies beside a leaf, once it is what the leaf names. */
  Outcome read(LeafName name) throws LedgerException {
    Optional<Found> found = find(name);
    if (found.isEmpty()) {
      return new Outcome.Unknown();
    }
    long at = found.get().index();
    Optional<KeptPayload> payload = ledger.payloads().at(at);
    return payload.isPresent()
        ? new Outcome.Shown(payload.get(), proof(at))
        : found.get().nothing();
  }

  /** The leaf of a name, and its place. */
  private record Found(long index, Leaf leaf) {
    Outcome.Nothing nothing() {
      return new Outcome.Nothing(index, leaf.payload().isPresent());
    }
  }

  private Optional<Found> find(LeafName name) throws LedgerException {
    OptionalLong index = name.indexIn(ledger);
    if (index.isEmpty()) {
      return Optional.empty();
    }
    long at = index.getAsLong();
    return ledger.leaf(at).map(leaf -> new Found(at, leaf));
  }

  private Optional<TlogProof> proof(long index) throws LedgerException {
    SignedNote note = ledger.checkpoint();
    Optional<InclusionProof> inclusion = ledger.inclusionProof(index, size(note));
    return inclusion.map(proof -> TlogProof.of(proof, note));
  }

  private static long size(SignedNote note) {
    try {
      return Checkpoint.parse(note.text()).size();
    } catch (MalformedCheckpointException e) {
      throw new IllegalStateException("bug: the ledger signed what is no checkpoint", e);
    }
  }

  /** Erases what lies beside a leaf; what was altered, too. */
  Outcome erase(LeafName name) throws LedgerException {
    Optional<Found> found = find(name);
    if (found.isEmpty()) {
      return new Outcome.Unknown();
    }
    long at = found.get().index();
    Leaf leaf = found.get().leaf();
    Optional<PayloadRetention> retention = ledger.payloads().retention(at);
    if (retention.equals(Optional.of(PayloadRetention.ALWAYS))) {
      return new Outcome.MustStay(at);
    }
    if (!ledger.payloads().erase(at)) {
      return found.get().nothing();
    }
    telemetry.payloadsErased(Telemetry.Erasure.OPERATOR, 1);
    LOG.log(
        System.Logger.Level.INFO,
        "payload_erased",
        LogFields.of("leaf_index", at, "kind", leaf.kind().wire()));
    return new Outcome.Erased(at, leaf);
  }
}
