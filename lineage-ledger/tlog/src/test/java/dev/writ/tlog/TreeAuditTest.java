// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TreeAuditTest {
  private static List<TreeAudit.Fault> faults(TiledLog log, long size, Hash root) throws Exception {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    TreeAudit.run(
        log,
        size,
        root,
        new TreeAudit.Listener() {
          @Override
          public void entries(long first, List<byte[]> entries) {
            assertThat(first % 256).isZero();
          }

          @Override
          public void fault(TreeAudit.Fault fault) {
            faults.add(fault);
          }
        });
    return faults;
  }

  private static List<String> places(ServedLog log, long size) throws Exception {
    return faults(log, size, log.root()).stream().map(TreeAudit.Fault::where).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 257, 700, 65_535, 65_536, 66_500})
  void wholeTree_ofAnySize_hasNoFault(int size) throws Exception {
    ServedLog log = new ServedLog(size);
    assertThat(places(log, size)).isEmpty();
    if (size > 1) {
      assertThat(faults(log, size - 1, ReferenceTree.mth(ReferenceTree.entries(size - 1))))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // The third entry's first byte: each has a length of 2 bytes, 4 or more bytes.
    "tile/entries/000, 15, entry 2",
    "tile/entries/002.p/188, 2, entry 512",
    "tile/0/001, 100, tile/0/001 row 3",
    "tile/0/002.p/188, 100, tile/0/002.p/188 row 3",
    "tile/1/000.p/2, 40, tile/1/000.p/2 row 1"
  })
  void tree_oneByteWrong_saysWhereAndNothingElse(String path, int at, String where)
      throws Exception {
    ServedLog log = new ServedLog(700);
    log.flip(path, at);
    assertThat(places(log, 700)).containsExactly(where);
  }

  @Test
  void tree_fullTileOfLevelOneWrong_saysWhichRow() throws Exception {
    ServedLog log = new ServedLog(66_000);
    log.flip("tile/1/000", 32 * 9);
    assertThat(places(log, 66_000)).containsExactly("tile/1/000 row 9");
  }

  @Test
  void tree_severalFaults_tellsAll() throws Exception {
    ServedLog log = new ServedLog(700);
    log.flip("tile/entries/000", 15);
    log.lose("tile/entries/001");
    log.lose("tile/0/002.p/188");
    log.damage("tile/1/000.p/2", bytes -> Optional.of(new byte[63]));
    assertThat(places(log, 700))
        .containsExactlyInAnyOrder(
            "tile/0/000 row 2", "tile/entries/001", "tile/0/002.p/188", "tile/1/000.p/2");
  }

  @Test
  void tree_entriesAndTileForgedTogether_saysWhichTile() throws Exception {
    ServedLog log = new ServedLog(700);
    List<byte[]> forged = ReferenceTree.entries(256);
    forged.set(7, new byte[] {9});
    log.damage("tile/entries/000", bytes -> Optional.of(EntryBundle.encode(forged)));
    log.damage(
        "tile/0/000",
        bytes ->
            Optional.of(
                Tile.of(new TilePath(0, 0, 256), forged.stream().map(MerkleTree::leafHash).toList())
                    .bytes()));
    assertThat(places(log, 700)).containsExactly("tile/0/000");
  }

  @Test
  void tree_wholeAndUnderAnotherRoot_saysTheRoot() throws Exception {
    ServedLog log = new ServedLog(300);
    assertThat(faults(log, 300, Flips.flip(log.root(), 3)))
        .singleElement()
        .satisfies(fault -> assertThat(fault.where()).isEqualTo("the root"));
  }

  @Test
  void tree_ofASizeThatNobodyHas_isLeftAfterManyFaults() throws Exception {
    ServedLog log = new ServedLog(300);
    List<TreeAudit.Fault> faults = faults(log, 1 << 30, log.root());
    assertThat(faults).hasSizeBetween(1_000, 2_100);
    assertThat(faults.get(faults.size() - 1).was()).startsWith("left out after ");
  }
}
