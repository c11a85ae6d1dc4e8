// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.util.List;

/** What pages of a search prove. */
public sealed interface PageOutcome {
  /**
   * Among the leaves from {@code start} on, before {@code end}, of the tree of {@code size} leaves, these
   * match and no others, but for the undecided.
   *
   * @param matches their indices
   * @param undecided of which nobody can say without an opening
   */
  record Complete(long start, long end, long size, List<Integer> matches, List<Integer> undecided)
      implements PageOutcome {
    /** The outcome as given. */
    public Complete {
      matches = List.copyOf(matches);
      undecided = List.copyOf(undecided);
    }
  }

  /**
   * They prove nothing.
   *
   * @param reason what must hold and what was
   */
  record Refused(String reason) implements PageOutcome {}
}
