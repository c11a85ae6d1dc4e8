// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TileTreeTest {
  private static final int LARGEST = 70;
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(LARGEST);
  private static final MemoryTiles SMALL = MemoryTiles.of(LARGEST);

  static IntStream sizes() {
    return IntStream.rangeClosed(1, LARGEST);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void proofs_eachSmallSize_areThoseOfTheDefinition(int size) throws Exception {
    List<byte[]> d = ENTRIES.subList(0, size);
    TileTree tree = new TileTree(SMALL, size);
    assertThat(tree.root()).isEqualTo(ReferenceTree.mth(d));
    for (int i = 0; i < size; i++) {
      assertThat(tree.leafHash(i)).isEqualTo(MerkleTree.leafHash(d.get(i)));
      assertThat(tree.inclusionProof(i))
          .isEqualTo(new InclusionProof(i, size, ReferenceTree.path(i, d)));
      assertThat(tree.consistencyProof(i + 1))
          .isEqualTo(new ConsistencyProof(i + 1, size, ReferenceTree.proof(i + 1, d)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 66_500})
  void proofs_aroundTileBounds_areProven(int size) throws Exception {
    MemoryTiles tiles = MemoryTiles.of(size);
    List<byte[]> entries = ReferenceTree.entries(size);
    TileTree tree = new TileTree(tiles, size);
    assertThat(tree.root()).isEqualTo(ReferenceTree.mth(entries)).isEqualTo(tiles.root());
    for (int index : interestingBelow(size)) {
      assertThat(
              tree.inclusionProof(index)
                  .verify(MerkleTree.leafHash(entries.get(index)), tree.root()))
          .as("index %d", index)
          .isEqualTo(new Proven());
      int oldSize = index + 1;
      assertThat(
              tree.consistencyProof(oldSize)
                  .verify(ReferenceTree.mth(entries.subList(0, oldSize)), tree.root()))
          .as("old size %d", oldSize)
          .isEqualTo(new Proven());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 257, 700, 65_536, 66_500})
  void compactRange_fromTiles_goesOnAsTheWriters(int size) throws Exception {
    MemoryTiles tiles = MemoryTiles.of(size);
    CompactRange range = new TileTree(tiles, size).compactRange();
    assertThat(range.size()).isEqualTo(size);
    assertThat(range.root()).isEqualTo(tiles.root());
    range.append(MerkleTree.leafHash(ReferenceTree.entries(size + 1).get(size)));
    assertThat(range.root()).isEqualTo(MemoryTiles.of(size + 1).root());
  }

  @Test
  void proofs_partialTilesDropped_comeFromTheFullOnes() throws Exception {
    MemoryTiles tiles = MemoryTiles.of(1000);
    tiles.dropPartialTiles();
    for (int size : new int[] {1, 5, 255, 257, 300, 600, 767}) {
      TileTree tree = new TileTree(tiles, size);
      List<byte[]> d = ReferenceTree.entries(size);
      assertThat(tree.root()).isEqualTo(ReferenceTree.mth(d));
      assertThat(tree.inclusionProof(size - 1).path()).isEqualTo(ReferenceTree.path(size - 1, d));
    }
  }

  @Test
  void root_tileMissing_saysWhich() {
    assertThatThrownBy(() -> new TileTree(MemoryTiles.of(5), 6).root())
        .isInstanceOfSatisfying(
            MissingTileException.class, e -> assertThat(e.path()).isEqualTo(new TilePath(0, 0, 6)))
        .hasMessageContaining(
            "tile/0/000.p/6 or its full tile must exist in a tree of size 6, was in no place");
    assertThatThrownBy(() -> new TileTree(path -> Optional.empty(), 256).root())
        .isInstanceOf(MissingTileException.class)
        .hasMessageContaining("tile/1/000.p/1 or its full tile");
  }

  @Test
  void root_tileOfAnotherLength_isRefused() {
    for (int length : new int[] {0, 31, 95, 97, 128}) {
      assertThatThrownBy(() -> new TileTree(path -> Optional.of(new byte[length]), 3).root())
          .isInstanceOf(MalformedTileException.class)
          .hasMessageContaining("tile/0/000.p/3 must be 96 bytes, was " + length + " bytes");
    }
  }

  @Test
  void root_storeFails_isTheStoresFailure() {
    TileReader broken =
        path -> {
          throw new IOException("disk gone");
        };
    assertThatThrownBy(() -> new TileTree(broken, 3).root())
        .isInstanceOf(IOException.class)
        .hasMessage("disk gone");
  }

  @Test
  void inclusionProof_tileChanged_doesNotReachTheRoot() throws Exception {
    MemoryTiles tiles = MemoryTiles.of(300);
    TileReader changed =
        path -> {
          Optional<byte[]> bytes = tiles.readTile(path);
          bytes.ifPresent(b -> b[0] ^= 1);
          return bytes;
        };
    InclusionProof proof = new TileTree(changed, 300).inclusionProof(7);
    Hash leaf = MerkleTree.leafHash(ReferenceTree.entries(8).get(7));
    assertThat(proof.verify(leaf, tiles.root())).isInstanceOf(NotProven.class);
  }

  @Test
  void inclusionProof_batchAtTheRightEdge_readsEachTileOnce() throws Exception {
    MemoryTiles tiles = MemoryTiles.of(66_500);
    TileTree tree = new TileTree(tiles, 66_500);
    for (int index = 66_000; index < 66_500; index++) {
      assertThat(tree.inclusionProof(index).path()).isNotEmpty();
    }
    // Level 0: the tiles of the batch (257 to 259). Level 1: the full and the partial one. Level 2.
    assertThat(tiles.reads()).isLessThanOrEqualTo(6);
  }

  @Test
  void proofs_outsideTheTree_areRefused() {
    TileTree tree = new TileTree(SMALL, 10);
    assertThatThrownBy(() -> tree.inclusionProof(10)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tree.inclusionProof(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tree.leafHash(10)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tree.consistencyProof(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tree.consistencyProof(11))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TileTree(SMALL, -1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Integer> interestingBelow(int size) {
    return IntStream.of(0, 1, 127, 128, 254, 255, 256, 257, 511, 512, 65_535, 65_536, size - 1)
        .filter(index -> index < size)
        .distinct()
        .boxed()
        .toList();
  }
}
