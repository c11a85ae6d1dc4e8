// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.ProofOutcome.Proven;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifiedTilesTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 255, 256, 257, 511, 512, 700, 65_536, 65_537})
  void entries_ofAnyTree_areGivenOut(int size) throws Exception {
    ServedLog log = new ServedLog(size);
    VerifiedTiles tiles = new VerifiedTiles(log, size, log.root());
    List<byte[]> d = ReferenceTree.entries(size);
    for (long bundle = 0; bundle * 256 < size; bundle += Math.max(1, size / 256 / 5)) {
      List<byte[]> entries = tiles.entries(bundle);
      for (int i = 0; i < entries.size(); i++) {
        assertThat(entries.get(i)).isEqualTo(d.get((int) bundle * 256 + i));
      }
    }
    InclusionProof proof = tiles.tree().inclusionProof(size - 1);
    assertThat(proof.verify(MerkleTree.leafHash(d.get(size - 1)), log.root()))
        .isEqualTo(new Proven());
  }

  @Test
  void tree_ofNoLeaves_hasTheEmptyRootAlone() throws Exception {
    ServedLog log = new ServedLog(0);
    new VerifiedTiles(log, 0, MerkleTree.emptyRoot()).proveEdge();
    assertThatThrownBy(() -> new VerifiedTiles(log, 0, Hash.sha256(new byte[1])).proveEdge())
        .isInstanceOf(UnprovenException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "tile/entries/002.p/188, 2, entry 512 in tile/entries/002.p/188",
    "tile/entries/001, 1, entry 256 in tile/entries/001",
    "tile/0/001, 1, tile/0/001 must be the tile whose root",
    "tile/0/002.p/188, 2, the right edge",
    "tile/1/000.p/2, 0, the right edge"
  })
  void entries_oneByteWrongOnTheirWay_areRefused(String path, long bundle, String words) {
    ServedLog log = new ServedLog(700);
    log.flip(path, 5);
    assertThatThrownBy(() -> new VerifiedTiles(log, 700, log.root()).entries(bundle))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining(words);
  }

  @Test
  void edge_underAnotherRoot_isRefused() {
    ServedLog log = new ServedLog(300);
    assertThatThrownBy(() -> new VerifiedTiles(log, 300, Flips.flip(log.root(), 1)).proveEdge())
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("[tile/0/001.p/44, tile/1/000.p/1]");
    assertThatThrownBy(() -> new VerifiedTiles(log, 299, log.root()).proveEdge())
        .isInstanceOf(UnprovenException.class);
  }

  @Test
  void partial_wherefullOnesAloneAreThere_isCutFromThem() throws Exception {
    ServedLog log = new ServedLog(1000);
    log.dropPartialTiles();
    Hash root = ReferenceTree.mth(ReferenceTree.entries(600));
    log.lose("tile/entries/002.p/88");
    VerifiedTiles tiles = new VerifiedTiles(log, 600, root);
    assertThat(tiles.entries(2)).hasSize(88);
    assertThat(tiles.tree().inclusionProof(599).path())
        .isEqualTo(ReferenceTree.path(599, ReferenceTree.entries(600)));
  }

  @Test
  void what_isMissing_isNamed() {
    ServedLog log = new ServedLog(700);
    log.lose("tile/entries/001");
    log.lose("tile/0/000");
    log.damage("tile/0/001", bytes -> Optional.of(new byte[8191]));
    VerifiedTiles tiles = new VerifiedTiles(log, 700, log.root());
    assertThatThrownBy(() -> tiles.entries(0))
        .isInstanceOfSatisfying(
            MissingTileException.class,
            e -> assertThat(e.path()).isEqualTo(new TilePath(0, 0, 256)));
    assertThatThrownBy(() -> tiles.entries(1))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("tile/0/001 must be well formed");
    ServedLog other = new ServedLog(700);
    other.lose("tile/entries/001");
    assertThatThrownBy(() -> new VerifiedTiles(other, 700, other.root()).entries(1))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("tile/entries/001 must be there in a log of size 700");
  }

  @Test
  void walk_alongAllEntries_readsEachTileOnce() throws Exception {
    ServedLog log = new ServedLog(66_500);
    VerifiedTiles tiles = new VerifiedTiles(log, 66_500, log.root());
    for (long bundle = 0; bundle * 256 < 66_500; bundle++) {
      assertThat(tiles.entries(bundle)).isNotEmpty();
    }
    // 260 of level 0, two of level 1, one of level 2.
    assertThat(log.tileReads()).isEqualTo(263);
  }

  @Test
  void tile_beyondTheTree_isAbsent() throws Exception {
    ServedLog log = new ServedLog(700);
    VerifiedTiles tiles =
        new VerifiedTiles(log, 600, ReferenceTree.mth(ReferenceTree.entries(600)));
    for (String path :
        List.of(
            "tile/0/002",
            "tile/0/002.p/89",
            "tile/0/003.p/1",
            "tile/1/000.p/3",
            "tile/0/x009/x223/x372/x036/x854/x775/807")) {
      assertThat(tiles.readTile(TilePath.parse(path))).as(path).isEmpty();
    }
    assertThat(tiles.readTile(TilePath.parse("tile/0/002.p/88"))).isPresent();
    assertThat(tiles.readTile(TilePath.parse("tile/0/001.p/7"))).isPresent();
  }
}
