// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TreeAuditTest {
  private static List<TreeAudit.Fault> faults(TiledLog log, long size, Hash root) throws Exception {
    return faults(log, size, root, 0);
  }

  private static List<TreeAudit.Fault> faults(TiledLog log, long size, Hash root, long from)
      throws Exception {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    TreeAudit.run(
        log,
        size,
        root,
        from,
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

  /** Of what is below, the tiles of level 1 and up say all that is needed. */
  @ParameterizedTest
  @CsvSource({"700, 256", "700, 512", "768, 768", "66500, 65536", "66500, 66304"})
  void treeFromAnEntryOn_needsNothingOlder(int size, int from) throws Exception {
    ServedLog log = new ServedLog(size);
    for (long bundle = 0; bundle < from / 256; bundle++) {
      log.lose(new EntryBundlePath(bundle, 256).text());
      log.lose(new TilePath(0, bundle, 256).text());
    }
    assertThat(faults(log, size, log.root(), from)).isEmpty();
    assertThat(faults(log, size, Hash.sha256(new byte[] {1}), from)).isNotEmpty();
    assertThat(PrunedLog.firstEntry(log, size))
        .isEqualTo(from == size ? OptionalLong.empty() : OptionalLong.of(from));
  }

  @ParameterizedTest
  @CsvSource({
    "tile/entries/002.p/188, 2, entry 512",
    "tile/0/001, 100, tile/0/001 row 3",
    "tile/1/000.p/2, 40, tile/1/000.p/2 row 1"
  })
  void treeFromAnEntryOn_oneByteWrong_saysWhere(String path, int at, String where)
      throws Exception {
    ServedLog log = new ServedLog(700);
    log.flip(path, at);
    log.lose("tile/0/000");
    assertThat(faults(log, 700, log.root(), 256).stream().map(TreeAudit.Fault::where))
        .containsExactly(where);
  }

  @Test
  void treeFromWithinABundle_isACallersMistake() {
    ServedLog log = new ServedLog(700);
    for (long from : new long[] {-256, 1, 255, 768}) {
      assertThatThrownBy(() -> faults(log, 700, log.root(), from))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void logThatServesAll_beginsAtItsFirstEntry() throws Exception {
    assertThat(PrunedLog.firstEntry(new ServedLog(0), 0)).hasValue(0);
    ServedLog log = new ServedLog(700);
    assertThat(PrunedLog.firstEntry(log, 700)).hasValue(0);
    log.lose("tile/entries/001");
    assertThat(PrunedLog.firstEntry(log, 700)).hasValue(0);
  }
}
