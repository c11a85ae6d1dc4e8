// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.LogPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TileLeafSourceTest {
  private static final int SIZE = 600;

  private static List<byte[]> entries() {
    List<byte[]> entries = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      entries.add(("entry " + i).getBytes(StandardCharsets.UTF_8));
    }
    return entries;
  }

  @Test
  void entries_areThoseOfTheLog_overBundles() throws Exception {
    List<byte[]> all = entries();
    TileLeafSource source = MemoryLog.of(all).open();
    assertThat(source.entries(200, 456)).containsExactlyElementsOf(all.subList(200, 456));
    assertThat(source.entries(512, SIZE)).containsExactlyElementsOf(all.subList(512, SIZE));
    assertThat(source.proof(599).index()).isEqualTo(599);
  }

  @Test
  void oneEntryThatWasChanged_isFoundWhereverItStands() throws Exception {
    for (int changed : new int[] {0, 1, 2, 100, 255, 256, 511, 512, 599}) {
      MemoryLog log = MemoryLog.of(entries());
      List<byte[]> other = entries();
      other.set(changed, "another".getBytes(StandardCharsets.UTF_8));
      EntryBundlePath path = EntryBundlePath.holding(changed, SIZE);
      int first = changed / 256 * 256;
      log.files.put(path.text(), EntryBundle.encode(other.subList(first, first + path.width())));
      assertThatThrownBy(() -> log.open().entries(changed, changed + 1))
          .as("entry %s", changed)
          .isInstanceOf(LogIntegrityException.class);
    }
  }

  @Test
  void oneTileThatWasChanged_provesNothing() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    byte[] tile = log.file("tile/0/001");
    tile[32] ^= 1;
    assertThatThrownBy(() -> log.open().entries(256, 257))
        .isInstanceOf(LogIntegrityException.class);
  }

  @Test
  void partialBundleThatWasDropped_isReadFromTheFullOne() throws Exception {
    List<byte[]> all = entries();
    MemoryLog log = MemoryLog.of(all);
    MemoryLog older = MemoryLog.of(all.subList(0, 300));
    log.files.put("checkpoint", older.file("checkpoint"));
    log.files.put("tile/1/000.p/1", older.file("tile/1/000.p/1"));
    assertThat(log.files).doesNotContainKeys("tile/entries/001.p/44", "tile/0/001.p/44");
    assertThat(log.open().entries(256, 300)).containsExactlyElementsOf(all.subList(256, 300));
  }

  @Test
  void bundleThatIsNowhere_isMissing() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    log.files.remove("tile/entries/001");
    assertThatThrownBy(() -> log.open().entries(256, 257)).isInstanceOf(IOException.class);
  }

  @Test
  void bundleOfAnotherForm_isRefused() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    log.files.put("tile/entries/001", new byte[] {0});
    assertThatThrownBy(() -> log.open().entries(256, 257))
        .isInstanceOf(LogIntegrityException.class);
  }

  @Test
  void checkpointOfAnotherKey_isNotBelieved() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    LogPolicy other =
        LogPolicy.parse(
            "log ledger.example.org/writ+c36dabd1+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFalgvIT5SQ+x7/n2Exs+fncW5yi/oNuLvd7082JgVxZope8pYqVZf/ywtYrPRaeVOzloGxSFlID6qJJqXIEIc=\nquorum none\n");
    assertThatThrownBy(() -> TileLeafSource.open(log, other))
        .isInstanceOf(LogIntegrityException.class);
    log.files.put("checkpoint", new byte[] {1});
    assertThatThrownBy(log::open).isInstanceOf(LogIntegrityException.class);
    log.files.remove("checkpoint");
    assertThatThrownBy(log::open).isInstanceOf(IOException.class);
  }

  @Test
  void rangeOutsideTheTree_isRefused() throws Exception {
    TileLeafSource source = MemoryLog.of(entries()).open();
    assertThatThrownBy(() -> source.entries(0, 257)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> source.entries(599, 601))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
