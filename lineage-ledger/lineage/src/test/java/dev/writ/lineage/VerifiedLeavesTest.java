// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.UnprovenException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifiedLeavesTest {
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
    MemoryLog log = MemoryLog.of(all);
    VerifiedLeaves source = log.open();
    assertThat(source.entries(200, 456)).containsExactlyElementsOf(all.subList(200, 456));
    assertThat(source.entries(512, SIZE)).containsExactlyElementsOf(all.subList(512, SIZE));
    for (int at : new int[] {0, 255, 256, 599}) {
      InclusionProof proof = source.proof(at);
      assertThat(proof.index()).isEqualTo(at);
      assertThat(proof.verify(MerkleTree.leafHash(all.get(at)), source.checkpoint().root()))
          .isEqualTo(new ProofOutcome.Proven());
    }
    assertThat(source.note()).isEqualTo(log.file("checkpoint"));
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
          .isInstanceOf(UnprovenException.class);
    }
  }

  @Test
  void oneTileThatWasChanged_provesNothing() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    byte[] tile = log.file("tile/0/001");
    tile[32] ^= 1;
    assertThatThrownBy(() -> log.open().entries(256, 257)).isInstanceOf(UnprovenException.class);
    assertThatThrownBy(() -> log.open().proof(256)).isInstanceOf(UnprovenException.class);
    log.files.remove("tile/0/001");
    assertThatThrownBy(() -> log.open().entries(256, 257)).isInstanceOf(MissingTileException.class);
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
    assertThatThrownBy(() -> log.open().entries(256, 257))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("tile/entries/001 must be there");
  }

  @Test
  void bundleOfAnotherForm_isRefused() throws Exception {
    MemoryLog log = MemoryLog.of(entries());
    log.files.put("tile/entries/001", new byte[] {0});
    assertThatThrownBy(() -> log.open().entries(256, 257)).isInstanceOf(UnprovenException.class);
  }

  @Test
  void rangeOutsideTheTree_isRefused() throws Exception {
    VerifiedLeaves source = MemoryLog.of(entries()).open();
    assertThatThrownBy(() -> source.entries(0, 257)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> source.entries(599, 601))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> source.proof(SIZE)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
