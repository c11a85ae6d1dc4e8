// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** A pack as somebody gave it: read once from its first byte to its last, and refused in any other spelling. */
final class PackFile implements PackMembers, AutoCloseable {
  private static final int SIZE_AT = 22;
  private static final int NAME_LENGTH_AT = 26;

  private final FileChannel file;
  private final SortedMap<String, Member> members;
  private final List<String> order;

  private PackFile(FileChannel file, SortedMap<String, Member> members, List<String> order) {
    this.file = file;
    this.members = members;
    this.order = order;
  }

  /** Opens a pack. */
  static PackFile open(Path path) throws IOException, MalformedPackException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new Reading(file).pack();
    } catch (IOException | MalformedPackException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The state of one reading. */
  private static final class Reading {
    private final FileChannel file;
    private final long length;
    private final TreeMap<String, Member> members = new TreeMap<>();
    private final List<String> order = new ArrayList<>();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private long at;

    Reading(FileChannel file) throws IOException, MalformedPackException {
      this.file = file;
      this.length = file.size();
      if (length > PackZip.MAX_BYTES) {
        throw new MalformedPackException(
            "the pack", "of at most " + PackZip.MAX_BYTES + " bytes", "of " + length);
      }
    }

    PackFile pack() throws IOException, MalformedPackException {
      while (length - at >= PackZip.LOCAL_BYTES && peek() == PackZip.LOCAL) {
        member();
      }
      if (members.isEmpty()) {
        throw new MalformedPackException(
            "the file",
            "an evidence pack, as writ pack writes it",
            "something else: a proof bundle is verified without --pack");
      }
      byte[] end = PackZip.end(members.size(), at, directory.size());
      directory.writeBytes(end);
      byte[] must = directory.toByteArray();
      long left = length - at;
      if (left != must.length || !Arrays.equals(must, take(must.length))) {
        throw new MalformedPackException(
            "what stands behind the last member",
            "the directory of these " + members.size() + " members and nothing else",
            "another " + left + " bytes from " + (length - left) + " on");
      }
      return new PackFile(file, members, order);
    }

    private int peek() throws IOException {
      return PackZip.over(readAt(file, at, 4)).getInt(0);
    }

    private void member() throws IOException, MalformedPackException {
      String where = "the member at " + at;
      if (members.size() == PackZip.MAX_MEMBERS) {
        throw new MalformedPackException(
            where, "one of at most " + PackZip.MAX_MEMBERS, "one more");
      }
      long start = at;
      byte[] header = take(PackZip.LOCAL_BYTES);
      ByteBuffer fields = PackZip.over(header);
      long size = Integer.toUnsignedLong(fields.getInt(SIZE_AT));
      int nameLength = Short.toUnsignedInt(fields.getShort(NAME_LENGTH_AT));
      if (nameLength > PackZip.MAX_NAME || nameLength > length - at) {
        throw new MalformedPackException(
            where + ", its name", "of at most " + PackZip.MAX_NAME + " bytes", "of " + nameLength);
      }
      String name = new String(take(nameLength), StandardCharsets.ISO_8859_1);
      if (!PackZip.isName(name)) {
        throw new MalformedPackException(
            where + ", its name",
            "a folder and a file of a-z 0-9 _ . -, neither beginning with a dot",
            "something else");
      }
      if (members.containsKey(name)) {
        throw new MalformedPackException(name, "there once", "there twice");
      }
      if (size > PackZip.MAX_MEMBER || size > length - at) {
        throw new MalformedPackException(
            name,
            "of at most " + Math.min(PackZip.MAX_MEMBER, length - at) + " bytes",
            "said to be of " + size);
      }
      long from = at;
      byte[] bytes = take((int) size);
      CRC32 crc = new CRC32();
      crc.update(bytes);
      byte[] must = PackZip.local(name, (int) crc.getValue(), bytes.length);
      if (!Arrays.equals(must, 0, PackZip.LOCAL_BYTES, header, 0, PackZip.LOCAL_BYTES)) {
        throw new MalformedPackException(
            name,
            "stored, of 1980-01-01, with its own CRC-32 and sizes and nothing else before it",
            "written otherwise");
      }
      members.put(name, new Member(from, bytes.length, Hash.sha256(bytes)));
      order.add(name);
      directory.writeBytes(PackZip.central(name, (int) crc.getValue(), bytes.length, start));
    }

    private byte[] take(int bytes) throws IOException, MalformedPackException {
      if (bytes > length - at) {
        throw new MalformedPackException(
            "the pack", "a whole one", "cut off at " + length + " bytes");
      }
      byte[] taken = readAt(file, at, bytes);
      at += bytes;
      return taken;
    }
  }

  /** The names in the order in which they stand. */
  List<String> order() {
    return Collections.unmodifiableList(order);
  }

  @Override
  public SortedMap<String, Member> members() {
    return Collections.unmodifiableSortedMap(members);
  }

  @Override
  public byte[] bytes(String name) throws IOException {
    return read(file, members, name);
  }

  static byte[] read(FileChannel file, SortedMap<String, Member> members, String name)
      throws IOException {
    @Nullable Member member = members.get(name);
    if (member == null) {
      throw new IllegalArgumentException("the pack must have " + name + ", and has it not");
    }
    byte[] bytes = readAt(file, member.at(), member.size());
    if (!Hash.sha256(bytes).equals(member.sha256())) {
      throw new IOException(name + " must stay as it is while it is read, and changed");
    }
    return bytes;
  }

  private static byte[] readAt(FileChannel file, long at, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException("the pack must stay as it is while it is read, and became shorter");
      }
    }
    return buffer.array();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
