// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.List;

/** What opening a note with a set of keys showed. */
public sealed interface NoteOutcome {
  /**
   * At least one known key signed, and no signature that says to be by a known key is wrong.
   *
   * @param signatures the signatures of known keys, in the order of the note, exact repeats left out
   */
  record Opened(List<VerifiedSignature> signatures) implements NoteOutcome {
    /** Copies {@code signatures}. */
    public Opened {
      signatures = List.copyOf(signatures);
    }
  }

  /**
   * The note's text is not to be believed.
   *
   * @param reason what must hold and what was
   */
  record Refused(String reason) implements NoteOutcome {}

  /** A signature line and the key under which it verified. */
  record VerifiedSignature(NoteKey key, NoteSignature signature) {}
}
