// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import java.util.List;

/** Says which keys sign a ledger's checkpoints, by what the ledger itself knows of its keys. */
@FunctionalInterface
public interface CheckpointKeys {
  /**
   * The keys of a log.
   *
   * @param signing one for each line of a checkpoint, all under the log's origin
   * @param former keys that sign no more, and may have signed the checkpoint that the store has
   */
  record Lines(List<NoteSigner> signing, List<NoteKey> former) {
    /** Copies both. */
    public Lines {
      signing = List.copyOf(signing);
      former = List.copyOf(former);
    }
  }

  /**
   * Those that sign.
   *
   * @param known the ledger's keys, of every role; none in a new one
   * @throws LedgerException if the keys cannot be had
   */
  Lines among(List<SigningKey> known) throws LedgerException;

  /** Always the same. */
  static CheckpointKeys of(List<NoteSigner> signing) {
    return known -> new Lines(signing, List.of());
  }
}
