// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.tlog.Hash;

/**
 * A host's boot log, kept once for each boot so that a later boot can be compared with it.
 *
 * @param boot of the host: its TPM's reset count
 * @param digest SHA-256 of {@code log}
 * @param log in the verifier's own encoding
 * @param leafIndex of the first decision that looked at it; erased together with that leaf's payload
 */
public record KeptBootLog(
    AkName akName, Decision decision, long boot, Hash digest, byte[] log, long leafIndex) {
  /** Longest log as it is kept, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  /** To which decision a log led. */
  public enum Decision {
    /** Something was allowed. The last two are kept: with one of them the other can be compared. */
    ALLOWED(2),
    /** All was denied. The last is kept. */
    DENIED(1);

    private final int kept;

    Decision(int kept) {
      this.kept = kept;
    }

    /** How many of each host are kept. */
    public int kept() {
      return kept;
    }
  }

  /** Copies the bytes. */
  public KeptBootLog {
    log = log.clone();
  }

  @Override
  public byte[] log() {
    return log.clone();
  }
}
