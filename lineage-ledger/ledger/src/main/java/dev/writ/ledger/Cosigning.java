// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import java.util.Optional;

/** Gets the heads that a log signed cosigned, before anything is answered under them. */
interface Cosigning extends AutoCloseable {
  /** Asks nobody. */
  Cosigning NONE =
      new Cosigning() {
        @Override
        public boolean isCosigned(SignedNote note) {
          return true;
        }

        @Override
        public Optional<SignedNote> begin(Head head, SignedNote signed) {
          return Optional.of(signed);
        }

        @Override
        public void takeTurn() {}

        @Override
        public void passTurn() {}

        @Override
        public Optional<SignedNote> cosign(Head head, SignedNote signed) {
          return Optional.of(signed);
        }

        @Override
        public void close() {}
      };

  /** Whether a checkpoint of this log has cosignatures enough. */
  boolean isCosigned(SignedNote note);

  /**
   * Asks every witness, for the first time since the store was opened.
   *
   * @return the note with its cosignatures; empty if they are not enough
   * @throws LedgerException if a witness has seen a newer tree, or another one
   */
  Optional<SignedNote> begin(Head head, SignedNote signed) throws LedgerException;

  /** Waits until other nodes on the same store ask no more, for a time; see {@link WitnessTurn}. */
  void takeTurn();

  /** Lets the next node ask. */
  void passTurn();

  /**
   * The note with cosignatures enough; empty if there are not, and a witness has cosigned a newer head
   * that another node on the same store signed: this node has its leaves soon, and a head above it.
   *
   * @throws NoteSigningException with the code {@link Witnesses#QUORUM_MISSED} if there are not enough
   *     in time
   */
  Optional<SignedNote> cosign(Head head, SignedNote signed) throws NoteSigningException;

  @Override
  void close();
}
