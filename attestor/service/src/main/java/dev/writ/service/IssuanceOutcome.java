// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.UuidV7;
import java.util.Optional;

/** How a request for an artifact ended. */
public sealed interface IssuanceOutcome {
  /**
   * Allowed, signed, and in the ledger under a signed checkpoint.
   *
   * @param bundle all that a verifier needs beside its trust file
   */
  record Issued(ProofBundle bundle) implements IssuanceOutcome {}

  /**
   * No artifact.
   *
   * @param decision the id of its leaf; absent where nothing was decided on anybody
   */
  record Denied(Denial denial, Optional<UuidV7> decision) implements IssuanceOutcome {
    /** One without a leaf. */
    public Denied(Denial denial) {
      this(denial, Optional.empty());
    }
  }
}
