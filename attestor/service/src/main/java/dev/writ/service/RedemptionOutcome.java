// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.UuidV7;
import java.util.Optional;

/** What somebody who wants to use an artifact that the service judges gets. */
public sealed interface RedemptionOutcome {
  /** One use is taken, by this or by an earlier asking of the same question. */
  record Taken(RedemptionReceipt receipt) implements RedemptionOutcome {}

  /**
   * None is.
   *
   * @param verification the id of its leaf; absent where nothing was judged of an artifact
   */
  record Denied(Denial denial, Optional<UuidV7> verification) implements RedemptionOutcome {
    /** One without a leaf. */
    public Denied(Denial denial) {
      this(denial, Optional.empty());
    }
  }
}
