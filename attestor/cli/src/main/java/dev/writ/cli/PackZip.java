// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The ZIP of an evidence pack (APPNOTE.TXT 6.3.10), in the one spelling that it has: members are stored, one
 * behind the other, of 1980-01-01, without comments, extra fields or attributes, and nothing is before,
 * between or behind them. So the same members give the same bytes on every platform, what is in a pack is as
 * long as the pack, and no two readers can come to see different members.
 */
final class PackZip {
  /** Longest pack in bytes; well below where ZIP would need its 64-bit form. */
  static final long MAX_BYTES = 1L << 30;

  /** Longest member in bytes. */
  static final int MAX_MEMBER = 64 << 20;

  /** Most members; ZIP without its 64-bit form has 65,535. */
  static final int MAX_MEMBERS = 60_000;

  static final int MAX_NAME = 100;

  /** A folder and a file, or a file: no dot begins either, so that none leads out of where it is unpacked. */
  static final Pattern NAME =
      Pattern.compile("[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)?", Pattern.DOTALL);

  static final int LOCAL = 0x04034b50;
  static final int CENTRAL = 0x02014b50;
  static final int END = 0x06054b50;
  static final int LOCAL_BYTES = 30;
  static final int END_BYTES = 22;

  private static final int CENTRAL_BYTES = 46;

  /** 1.0: stored files, no folders. */
  private static final short VERSION = 10;

  /** 1980-01-01, the first day there is. */
  private static final short DATE = (1 << 5) | 1;

  private PackZip() {}

  static boolean isName(String name) {
    return name.length() <= MAX_NAME && NAME.matcher(name).matches();
  }

  /** What stands before a member. */
  static byte[] local(String name, int crc, int size) {
    byte[] bytes = new byte[LOCAL_BYTES + name.length()];
    ByteBuffer header = over(bytes).putInt(LOCAL);
    common(header, name, crc, size);
    ByteBuffer unused = header.put(name.getBytes(StandardCharsets.US_ASCII));
    return bytes;
  }

  /** A member's line in the directory. */
  static byte[] central(String name, int crc, int size, long at) {
    byte[] bytes = new byte[CENTRAL_BYTES + name.length()];
    ByteBuffer header = over(bytes).putInt(CENTRAL).putShort(VERSION);
    common(header, name, crc, size);
    ByteBuffer unused =
        header
            .putShort((short) 0) // comment
            .putShort((short) 0) // disk
            .putShort((short) 0) // internal attributes
            .putInt(0) // external attributes
            .putInt((int) at)
            .put(name.getBytes(StandardCharsets.US_ASCII));
    return bytes;
  }

  private static void common(ByteBuffer header, String name, int crc, int size) {
    ByteBuffer unused =
        header
            .putShort(VERSION)
            .putShort((short) 0) // flags
            .putShort((short) 0) // stored
            .putShort((short) 0) // midnight
            .putShort(DATE)
            .putInt(crc)
            .putInt(size)
            .putInt(size)
            .putShort((short) name.length())
            .putShort((short) 0); // extra
  }

  /** What stands at the end. */
  static byte[] end(int members, long directoryAt, int directoryBytes) {
    byte[] bytes = new byte[END_BYTES];
    ByteBuffer unused =
        over(bytes)
            .putInt(END)
            .putShort((short) 0)
            .putShort((short) 0)
            .putShort((short) members)
            .putShort((short) members)
            .putInt(directoryBytes)
            .putInt((int) directoryAt)
            .putShort((short) 0);
    return bytes;
  }

  /** As ZIP writes numbers. */
  static ByteBuffer over(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
