// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.LeafSource;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.InclusionProof;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The leaves of a pack as lineage is computed of them. */
final class PackedLeafSource implements LeafSource {
  private final PackContents contents;

  PackedLeafSource(PackContents contents) {
    this.contents = contents;
  }

  @Override
  public Checkpoint checkpoint() {
    return contents.checkpoint();
  }

  @Override
  public byte[] note() {
    return contents.note().bytes();
  }

  @Override
  public List<byte[]> entries(long start, long end) throws IOException {
    List<byte[]> entries = new ArrayList<>();
    for (long at = start; at < end; at++) {
      entries.add(packed(at).bytes());
    }
    return entries;
  }

  @Override
  public InclusionProof proof(long index) throws IOException {
    return packed(index).proof().inclusion();
  }

  private PackContents.Packed packed(long index) throws IOException {
    PackContents.@Nullable Packed packed = contents.leaves().get(index);
    if (packed == null) {
      throw new IOException("leaf " + index + " must be in the pack, and is not");
    }
    return packed;
  }
}
