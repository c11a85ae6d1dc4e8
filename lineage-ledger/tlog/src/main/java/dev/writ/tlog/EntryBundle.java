// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of an entry bundle (c2sp.org/tlog-tiles, "Log entries"): up to 256 entries, each after
 * its length.
 *
 * <pre>
 * bundle = 1 to 256 * ( u16 length, big-endian || length bytes )
 * </pre>
 */
public final class EntryBundle {
  /** Longest entry in bytes: what a u16 length can say. */
  public static final int MAX_ENTRY_BYTES = 0xffff;

  private static final int LENGTH_BYTES = 2;

  private EntryBundle() {}

  /**
   * The bundle of {@code entries}, in that order.
   *
   * @throws IllegalArgumentException if there are none or more than 256, or one is too long
   */
  public static byte[] encode(List<byte[]> entries) {
    if (entries.isEmpty() || entries.size() > Tile.WIDTH) {
      throw new IllegalArgumentException(
          "an entry bundle must have 1 to 256 entries, had " + entries.size());
    }
    int total = 0;
    for (byte[] entry : entries) {
      if (entry.length > MAX_ENTRY_BYTES) {
        throw new IllegalArgumentException(
            "an entry must have at most 65535 bytes, had " + entry.length);
      }
      total += LENGTH_BYTES + entry.length;
    }
    byte[] bundle = new byte[total];
    int at = 0;
    for (byte[] entry : entries) {
      bundle[at] = (byte) (entry.length >>> 8);
      bundle[at + 1] = (byte) entry.length;
      System.arraycopy(entry, 0, bundle, at + LENGTH_BYTES, entry.length);
      at += LENGTH_BYTES + entry.length;
    }
    return bundle;
  }

  /** The entries of a bundle that must have exactly {@code path.width()} of them. */
  public static List<byte[]> decode(EntryBundlePath path, byte[] bundle)
      throws MalformedEntryBundleException {
    List<byte[]> entries = new ArrayList<>(path.width());
    int at = 0;
    while (at < bundle.length) {
      if (entries.size() == path.width()) {
        throw new MalformedEntryBundleException(
            path.text(),
            "at its end after " + path.width() + " entries",
            (bundle.length - at) + " bytes more",
            at);
      }
      if (LENGTH_BYTES > bundle.length - at) {
        throw new MalformedEntryBundleException("length", "2 bytes", "1 byte", at);
      }
      int length = (bundle[at] & 0xff) << 8 | (bundle[at + 1] & 0xff);
      int start = at + LENGTH_BYTES;
      if (length > bundle.length - start) {
        throw new MalformedEntryBundleException(
            "entry", length + " bytes", (bundle.length - start) + " bytes", start);
      }
      entries.add(Arrays.copyOfRange(bundle, start, start + length));
      at = start + length;
    }
    if (entries.size() != path.width()) {
      throw new MalformedEntryBundleException(
          path.text(), path.width() + " entries", entries.size() + " entries", at);
    }
    return entries;
  }
}
