// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.InclusionProof;
import java.io.IOException;
import java.util.List;

/** A ledger as a monitor sees it, who believes proofs alone. */
interface LedgerView {
  /** The newest checkpoint, whose signature was verified. */
  Checkpoint checkpoint() throws IOException;

  /** What is said to lead from a leaf to the root; not verified. */
  InclusionProof inclusion(long index, long size) throws IOException;

  /** What is said to show that the tree only grew; not verified. */
  ConsistencyProof consistency(long oldSize, long newSize) throws IOException;

  /** The leaves from {@code from}, inclusive, to the end of a tree of {@code size}. */
  List<Leaf> leaves(long from, long size) throws IOException;
}
