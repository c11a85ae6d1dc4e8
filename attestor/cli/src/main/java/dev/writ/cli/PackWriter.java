// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** Writes a pack, member by member; each can be read back at once. */
final class PackWriter implements PackMembers, AutoCloseable {
  private final FileChannel file;
  private final TreeMap<String, Member> members = new TreeMap<>();
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
  private long end;

  private PackWriter(FileChannel file) {
    this.file = file;
  }

  /** Writes into an empty file. */
  static PackWriter into(Path file) throws IOException {
    return new PackWriter(
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /**
   * Adds a member.
   *
   * @throws CommandFailure if the pack would be longer than one may be
   */
  void put(String name, byte[] bytes) throws IOException, CommandFailure {
    if (!PackZip.isName(name) || members.containsKey(name)) {
      throw new IllegalStateException("a bug: " + name + " is no name of a new member");
    }
    CRC32 crc = new CRC32();
    crc.update(bytes);
    byte[] header = PackZip.local(name, (int) crc.getValue(), bytes.length);
    long directoryBytes = directory.size() + 2L * header.length;
    if (bytes.length > PackZip.MAX_MEMBER
        || members.size() == PackZip.MAX_MEMBERS
        || end + header.length + bytes.length + directoryBytes > PackZip.MAX_BYTES) {
      throw CommandFailure.invalid(
          "an evidence pack must be of at most "
              + (PackZip.MAX_BYTES >> 20)
              + " MiB, and would be longer: choose a smaller --range, and make several");
    }
    directory.writeBytes(PackZip.central(name, (int) crc.getValue(), bytes.length, end));
    write(header);
    members.put(name, new Member(end, bytes.length, Hash.sha256(bytes)));
    write(bytes);
  }

  private void write(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      end += file.write(buffer, end);
    }
  }

  /** Writes the directory: nothing can be added after. */
  void finish() throws IOException {
    long at = end;
    write(directory.toByteArray());
    write(PackZip.end(members.size(), at, directory.size()));
    file.force(true);
  }

  @Override
  public SortedMap<String, Member> members() {
    return Collections.unmodifiableSortedMap(members);
  }

  @Override
  public byte[] bytes(String name) throws IOException {
    return PackFile.read(file, members, name);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
