// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.TilePath;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A monitor's view: paths, bundles, tiles and roots are computed here from the words of
 * c2sp.org/tlog-tiles and RFC 9162 section 2.1, with nothing of the code that wrote them. Only the
 * ledger's own reads, which a server would answer from, are called, with each path parsed from text.
 */
@Tag("any-store-long")
class RebuiltTreeTest {
  @TempDir Path folder;

  @Test
  void tilesAndBundles_asTheTreeGrows_giveTheCheckpointsRoot() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      // Below, at and above the borders of tiles of level 0, and of level 1 at 65,536.
      for (int size : new int[] {1, 2, 3, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 66_049}) {
        grow(ledger, size);
        Claim claim = Claim.of(ledger.checkpoint().format());
        assertThat(claim.size).isEqualTo(size);

        List<byte[]> leafHashes = leafHashesFromBundles(ledger, size);
        assertThat(mth(leafHashes)).as("root from bundles at %d", size).isEqualTo(claim.root);
        assertTilesHold(ledger, leafHashes);
      }
    }
  }

  @Test
  void partialTiles_onceTheTreeGrewPast_stayAvailable() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      grow(ledger, 300);
      byte[] full = read(ledger, "tile/0/000");
      byte[] bundle = bundle(ledger, "tile/entries/000");
      for (int width = 1; width < 256; width++) {
        assertThat(read(ledger, "tile/0/000.p/" + width))
            .isEqualTo(Arrays.copyOf(full, width * 32));
        byte[] part = bundle(ledger, "tile/entries/000.p/" + width);
        assertThat(part).isEqualTo(Arrays.copyOf(bundle, part.length));
        assertThat(entries(part)).hasSize(width);
      }
    }
  }

  @Test
  void tile_beyondTheCheckpoint_isAbsent() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      grow(ledger, 300);
      for (String path :
          List.of(
              "tile/0/001",
              "tile/0/001.p/45",
              "tile/0/002.p/1",
              "tile/1/000",
              "tile/2/000.p/1",
              "tile/63/000",
              "tile/0/x009/x223/x372/x036/x854/x775/807")) {
        assertThat(ledger.tile(TilePath.parse(path))).as(path).isEmpty();
      }
      assertThat(ledger.entryBundle(EntryBundlePath.parse("tile/entries/001.p/45"))).isEmpty();
      assertThat(ledger.entryBundle(EntryBundlePath.parse("tile/entries/001"))).isEmpty();
    }
  }

  private static void grow(Ledger ledger, long size) throws Exception {
    List<Entry> entries = new ArrayList<>();
    while (ledger.size() + entries.size() < size) {
      entries.add(Samples.entry());
      if (entries.size() == 20_000) {
        allReceipts(TestLedgers.commit(ledger, entries));
        entries.clear();
      }
    }
    allReceipts(TestLedgers.commit(ledger, entries));
    assertThat(ledger.size()).isEqualTo(size);
  }

  private static void allReceipts(List<CommitOutcome> outcomes) throws Exception {
    assertThat(outcomes).hasOnlyElementsOfType(Receipt.class);
    for (int i = 0; i < outcomes.size(); i += 97) {
      TestLedgers.verify((Receipt) outcomes.get(i));
    }
  }

  /** Each level's tiles against hashes computed from the level below; "empty tiles not served". */
  private static void assertTilesHold(Ledger ledger, List<byte[]> leafHashes) throws Exception {
    List<byte[]> hashes = leafHashes;
    for (int level = 0; !hashes.isEmpty(); level++) {
      List<byte[]> roots = new ArrayList<>();
      for (int first = 0; first < hashes.size(); first += 256) {
        List<byte[]> tile = hashes.subList(first, Math.min(first + 256, hashes.size()));
        assertThat(read(ledger, "tile/" + level + "/" + path(first / 256, tile.size())))
            .isEqualTo(concat(tile));
        if (tile.size() == 256) {
          roots.add(mth(tile));
        }
      }
      hashes = roots;
    }
  }

  private static List<byte[]> leafHashesFromBundles(Ledger ledger, int size) throws Exception {
    List<byte[]> hashes = new ArrayList<>();
    for (int first = 0; first < size; first += 256) {
      int width = Math.min(256, size - first);
      for (byte[] entry : entries(bundle(ledger, "tile/entries/" + path(first / 256, width)))) {
        hashes.add(sha256(new byte[] {0}, entry));
      }
    }
    return hashes;
  }

  /** "x001/x234/067", and ".p/W" for a partial tile. */
  private static String path(int index, int width) {
    String path = String.format(Locale.ROOT, "%03d", index % 1000);
    for (int rest = index / 1000; rest > 0; rest /= 1000) {
      path = String.format(Locale.ROOT, "x%03d/%s", rest % 1000, path);
    }
    return width == 256 ? path : path + ".p/" + width;
  }

  /** Each entry is a big-endian uint16 length and that many bytes. */
  private static List<byte[]> entries(byte[] bundle) {
    ByteBuffer in = ByteBuffer.wrap(bundle);
    List<byte[]> entries = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] entry = new byte[in.getShort() & 0xffff];
      in.get(entry);
      entries.add(entry);
    }
    return entries;
  }

  private static byte[] read(Ledger ledger, String path) throws Exception {
    return ledger.tile(TilePath.parse(path)).orElseThrow(() -> new AssertionError(path));
  }

  private static byte[] bundle(Ledger ledger, String path) throws Exception {
    return ledger
        .entryBundle(EntryBundlePath.parse(path))
        .orElseThrow(() -> new AssertionError(path));
  }

  /** MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two below n. */
  private static byte[] mth(List<byte[]> leafHashes) throws NoSuchAlgorithmException {
    if (leafHashes.size() == 1) {
      return leafHashes.get(0);
    }
    int k = 1;
    while (2 * k < leafHashes.size()) {
      k *= 2;
    }
    return sha256(
        new byte[] {1},
        mth(leafHashes.subList(0, k)),
        mth(leafHashes.subList(k, leafHashes.size())));
  }

  private static byte[] sha256(byte[]... parts) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  private static byte[] concat(List<byte[]> parts) {
    ByteBuffer all = ByteBuffer.allocate(parts.size() * 32);
    parts.forEach(all::put);
    return all.array();
  }

  /** Origin, size and root as the lines of the checkpoint say them. */
  private record Claim(long size, byte[] root) {
    static Claim of(String note) {
      String[] lines = note.split("\n");
      assertThat(lines[0]).isEqualTo(Samples.ORIGIN);
      return new Claim(
          Long.parseLong(lines[1]),
          Base64.getDecoder().decode(lines[2].getBytes(StandardCharsets.US_ASCII)));
    }
  }
}
