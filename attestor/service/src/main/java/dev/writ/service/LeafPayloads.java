// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Retention;
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
    OptionalLong index = name.indexIn(ledger);
    Optional<Leaf> leaf = index.isPresent() ? ledger.leaf(index.getAsLong()) : Optional.empty();
    if (leaf.isEmpty()) {
      return new Outcome.Unknown();
    }
    long at = index.getAsLong();
    Optional<KeptPayload> payload = ledger.payloads().at(at);
    return payload.isPresent()
        ? new Outcome.Shown(payload.get(), proof(at))
        : new Outcome.Nothing(at, leaf.get().payload().isPresent());
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
    OptionalLong index = name.indexIn(ledger);
    Optional<Leaf> leaf = index.isPresent() ? ledger.leaf(index.getAsLong()) : Optional.empty();
    if (leaf.isEmpty()) {
      return new Outcome.Unknown();
    }
    long at = index.getAsLong();
    Optional<Retention> retention = ledger.payloads().retention(at);
    if (retention.equals(Optional.of(Retention.ALWAYS))) {
      return new Outcome.MustStay(at);
    }
    if (!ledger.payloads().erase(at)) {
      return new Outcome.Nothing(at, leaf.get().payload().isPresent());
    }
    telemetry.payloadsErased(Telemetry.Erasure.OPERATOR, 1);
    LOG.log(
        System.Logger.Level.INFO,
        "payload_erased",
        LogFields.of("leaf_index", at, "kind", leaf.get().kind().wire()));
    return new Outcome.Erased(at, leaf.get());
  }
}
