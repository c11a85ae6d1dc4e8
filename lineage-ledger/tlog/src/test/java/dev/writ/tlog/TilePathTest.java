// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-tiles, "Merkle Tree" and "Log entries". */
class TilePathTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0, 256, tile/0/000",
    "0, 0, 1, tile/0/000.p/1",
    "1, 999, 255, tile/1/999.p/255",
    "2, 1000, 256, tile/2/x001/000",
    "0, 1234067, 256, tile/0/x001/x234/067",
    "63, 1000000, 17, tile/63/x001/x000/000.p/17",
    "0, 9223372036854775807, 256, tile/0/x009/x223/x372/x036/x854/x775/807",
  })
  void text_isReadAsTheSamePath(int level, long index, int width, String text) throws Exception {
    TilePath path = new TilePath(level, index, width);
    assertThat(path.text()).isEqualTo(text);
    assertThat(TilePath.parse(text)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile//000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/x/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x1/000",
        "tile/0/x001/x000",
        "tile/0/x001/0x00",
        "tile/0/X001/000",
        "tile/0/x001//000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/000.q/1",
        "tile/0/000.p/-1",
        "tile/0/000 ",
        " tile/0/000",
        "tile/0/٠٠٠",
        "tile/0/..",
        "tile/0/../000",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/000",
      })
  void parse_anyOtherText_isRefused(String text) {
    assertThatThrownBy(() -> TilePath.parse(text))
        .isInstanceOf(MalformedTilePathException.class)
        .hasMessageStartingWith("tile path: path must be tile/<level>/<index>[.p/<width>]");
  }

  @Test
  void bundleText_isReadAsTheSamePath() throws Exception {
    EntryBundlePath path = new EntryBundlePath(1234067, 5);
    assertThat(path.text()).isEqualTo("tile/entries/x001/x234/067.p/5");
    assertThat(EntryBundlePath.parse(path.text())).isEqualTo(path);
    assertThat(EntryBundlePath.parse("tile/entries/007"))
        .isEqualTo(new EntryBundlePath(7, Tile.WIDTH));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tile/0/000", "tile/entries/", "tile/entries/0", "tile/entries/000.p/256"})
  void bundleParse_anyOtherText_isRefused(String text) {
    assertThatThrownBy(() -> EntryBundlePath.parse(text))
        .isInstanceOf(MalformedTilePathException.class)
        .hasMessageStartingWith("tile path: path must be tile/entries/<index>[.p/<width>]");
  }

  @Test
  void holding_sizeOfTheSpecificationsExample_hasItsTiles() {
    // "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0
    // tile
    // of width 112, one full level 1 tile, one partial level 1 tile of width 17, and one partial
    // level 2 tile of width 1."
    assertThat(TilePath.holding(0, 69_887, 70_000)).isEqualTo(new TilePath(0, 272, 256));
    assertThat(TilePath.holding(0, 69_999, 70_000)).isEqualTo(new TilePath(0, 273, 112));
    assertThat(TilePath.holding(1, 255, 70_000)).isEqualTo(new TilePath(1, 0, 256));
    assertThat(TilePath.holding(1, 272, 70_000)).isEqualTo(new TilePath(1, 1, 17));
    assertThat(TilePath.holding(2, 0, 70_000)).isEqualTo(new TilePath(2, 0, 1));
    assertThat(EntryBundlePath.holding(69_999, 70_000)).isEqualTo(new EntryBundlePath(273, 112));
    assertThat(TilePath.hashesAt(3, 70_000)).isZero();
    assertThat(TilePath.hashesAt(63, Long.MAX_VALUE)).isZero();
    assertThatThrownBy(() -> TilePath.holding(0, 70_000, 70_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("level 0 has 70000 hashes at size 70000");
  }

  @Test
  void constructor_numbersOutOfBounds_areRefused() {
    assertThatThrownBy(() -> new TilePath(64, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TilePath(-1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TilePath(0, -1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TilePath(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new EntryBundlePath(0, 257))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
