// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.ServiceStart;

/** How long what lies beside a leaf is kept, where nobody erases it before. */
public enum PayloadRetention {
  /** For a {@link RetentionPeriod} from its leaf's time. */
  PERIOD,
  /**
   * As long as the state rests on it, and a period from then on: an enrolment's while its host is not
   * revoked, a start's while none came after it.
   */
  IN_USE,
  /** For ever, and nobody can erase it: without a policy no decision under it can be made again. */
  ALWAYS;

  /** What lies beside this leaf is kept so. */
  static PayloadRetention of(Leaf leaf) {
    if (leaf.kind() == LeafKind.POLICY) {
      return ALWAYS;
    }
    return leaf.kind() == LeafKind.ENROLMENT || leaf.body() instanceof ServiceStart
        ? IN_USE
        : PERIOD;
  }
}
