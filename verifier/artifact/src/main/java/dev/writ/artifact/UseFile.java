// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Seen.UseOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code uses} of {@link SeenOnDisk}: one record a use, appended and forced. The package's
 * page has its layout. Every method wants the folder's lock held.
 *
 * <p>A record is acknowledged only when all of it is durable, and a file system adds to a file's length
 * no earlier than the bytes are there. So a part of a record at the end is a use that nobody was told
 * of, and is cut off by the next; a whole record that does not agree with its checksum, the last one
 * too, may hide a use that somebody was told of, and nothing is recorded any more.
 *
 * <p>To forget, a file without what may be forgotten takes the place of this one. Its horizon is the
 * latest end among all artifacts that ever had a use forgotten, so an artifact that ends later has all
 * its uses here, and one that does not is told that nothing can be said. This holds whatever the clock
 * did: the clock decides only when to forget. One that was far ahead cannot lock out for long either,
 * since no horizon is later than the end of an artifact that was used.
 */
final class UseFile {
  /** Most records of one file: 28 MB. */
  static final int MOST_RECORDS = 1_000_000;

  /** So many that can be forgotten are worth another file. */
  static final int WORTH_FORGETTING = 4096;

  static final String NAME = "uses";

  private static final long MAGIC =
      ByteBuffer.wrap("writuse1".getBytes(StandardCharsets.US_ASCII)).getLong();
  private static final int HEADER_BYTES = 20;
  private static final int RECORD_BYTES = 28;
  private static final int CHECKSUM_BYTES = 4;
  private static final int RECORDS_AT_ONCE = 2048;

  private final PrivateFolder folder;
  private final int mostRecords;

  /** The file whose name is known to be durable; one that was just renamed may not be. */
  private @Nullable Object durable;

  UseFile(PrivateFolder folder, int mostRecords) {
    this.folder = folder;
    this.mostRecords = mostRecords;
  }

  /**
   * What one reading of the file finds.
   *
   * @param horizon milliseconds since 1970
   * @param records whole ones
   * @param uses records of the artifact that was asked for
   * @param forgettable records whose artifact had ended by the time that was asked for
   */
  private record Tally(long horizon, int records, int uses, int forgettable) {
    long end() {
      return offset(records);
    }
  }

  private static long offset(int record) {
    return HEADER_BYTES + (long) record * RECORD_BYTES;
  }

  /** Begins a memory without any use. */
  void create() throws IOException {
    folder.replace(NAME, header(Long.MIN_VALUE));
  }

  /**
   * Reads all of it once.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if it cannot be read, or a use may be hidden in it
   */
  void check() throws IOException {
    try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ)) {
      Tally ignored = tally(channel, null, Long.MIN_VALUE);
    }
  }

  /**
   * {@link Seen#recordUse}.
   *
   * @param end of the artifact, in milliseconds since 1970
   * @param forgetUntil records of artifacts that ended at this or before may be forgotten
   */
  UseOutcome record(UuidV7 jti, int maxUses, long end, long forgetUntil) throws IOException {
    Tally tally;
    try (FileChannel channel =
        FileChannel.open(path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      tally = tally(channel, jti, forgetUntil);
      if (!worthForgetting(tally)) {
        return append(channel, tally, jti, maxUses, end);
      }
      forget(channel, tally, forgetUntil);
    }
    try (FileChannel channel =
        FileChannel.open(path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return append(channel, tally(channel, jti, forgetUntil), jti, maxUses, end);
    }
  }

  private boolean worthForgetting(Tally tally) {
    return tally.forgettable() >= Math.max(WORTH_FORGETTING, tally.records() / 2)
        || (tally.records() >= mostRecords && tally.forgettable() > 0);
  }

  private UseOutcome append(FileChannel channel, Tally tally, UuidV7 jti, int maxUses, long end)
      throws IOException {
    if (tally.uses() >= maxUses) {
      return UseOutcome.EXHAUSTED;
    }
    if (end <= tally.horizon() || tally.records() >= mostRecords) {
      return UseOutcome.UNAVAILABLE;
    }
    syncName();
    byte[] record =
        record(
            tally.records(),
            jti.value().getMostSignificantBits(),
            jti.value().getLeastSignificantBits(),
            end);
    try {
      if (channel.size() > tally.end()) {
        truncate(channel, tally.end());
      }
      PrivateFolder.writeFully(channel, tally.end(), ByteBuffer.wrap(record));
      channel.force(true);
    } catch (IOException e) {
      try {
        truncate(channel, tally.end());
        channel.force(true);
      } catch (IOException again) {
        // What stays is a part, which the next cuts off, or a use too many: never one too few.
        e.addSuppressed(again);
      }
      throw e;
    }
    return UseOutcome.RECORDED;
  }

  /** Whoever put this file here may have died before its name was durable. */
  private void syncName() throws IOException {
    Object file = Files.readAttributes(path(), BasicFileAttributes.class).fileKey();
    if (!file.equals(durable)) {
      folder.sync();
      durable = file;
    }
  }

  /** A crash in here leaves the one file or the other, and both are right. */
  private void forget(FileChannel channel, Tally tally, long forgetUntil) throws IOException {
    ByteBuffer kept =
        ByteBuffer.allocate((int) offset(tally.records() - tally.forgettable()))
            .position(HEADER_BYTES);
    long horizon = tally.horizon();
    int index = 0;
    Records records = new Records(channel, tally.records());
    while (records.next()) {
      if (records.end() <= forgetUntil) {
        horizon = Math.max(horizon, records.end());
      } else {
        kept.put(record(index++, records.high(), records.low(), records.end()));
      }
    }
    byte[] content = kept.put(0, header(horizon)).array();
    folder.replace(NAME, content);
  }

  private Tally tally(FileChannel channel, @Nullable UuidV7 jti, long forgetUntil)
      throws IOException {
    long horizon = horizon(channel);
    long whole = (channel.size() - HEADER_BYTES) / RECORD_BYTES;
    if (whole > mostRecords) {
      throw new IOException(
          path() + " must have at most " + mostRecords + " records, has " + whole);
    }
    int uses = 0;
    int forgettable = 0;
    Records records = new Records(channel, (int) whole);
    while (records.next()) {
      if (jti != null && records.isOf(jti)) {
        uses++;
      }
      if (records.end() <= forgetUntil) {
        forgettable++;
      }
    }
    return new Tally(horizon, (int) whole, uses, forgettable);
  }

  private long horizon(FileChannel channel) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    PrivateFolder.readFully(channel, 0, header);
    long horizon = header.getLong(Long.BYTES);
    if (header.hasRemaining() || !header.rewind().equals(ByteBuffer.wrap(header(horizon)))) {
      throw corrupt("the header");
    }
    return horizon;
  }

  private static byte[] header(long horizon) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).putLong(MAGIC).putLong(horizon);
    CRC32C sum = new CRC32C();
    sum.update(header.array(), 0, header.position());
    return header.putInt((int) sum.getValue()).array();
  }

  private static byte[] record(int index, long high, long low, long end) {
    ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES).putLong(high).putLong(low).putLong(end);
    return record.putInt(checksum(index, record.array(), 0)).array();
  }

  /** The number is part of what is summed, so that no record passes in the place of another. */
  private static int checksum(int index, byte[] bytes, int start) {
    CRC32C sum = new CRC32C();
    sum.update(index >>> 24);
    sum.update(index >>> 16);
    sum.update(index >>> 8);
    sum.update(index);
    sum.update(bytes, start, RECORD_BYTES - CHECKSUM_BYTES);
    return (int) sum.getValue();
  }

  private IOException corrupt(String what) {
    return new IOException(
        String.format(
            "%s of %s must agree with its checksum, and does not: a use may be hidden in it, and"
                + " nothing may run. Restoring an older copy would allow uses again; remove the folder"
                + " when every artifact that was issued for this gateway has ended",
            what, path()));
  }

  private Path path() {
    return folder.path(NAME);
  }

  /** Reads records in their order, each checked. */
  private final class Records {
    private final FileChannel channel;
    private final int count;
    private final ByteBuffer buffer = ByteBuffer.allocate(RECORDS_AT_ONCE * RECORD_BYTES).limit(0);
    private int index = -1;
    private int start = -RECORD_BYTES;

    Records(FileChannel channel, int count) {
      this.channel = channel;
      this.count = count;
    }

    boolean next() throws IOException {
      index++;
      start += RECORD_BYTES;
      if (index == count) {
        return false;
      }
      if (start == buffer.limit()) {
        int records = Math.min(RECORDS_AT_ONCE, count - index);
        buffer.clear().limit(records * RECORD_BYTES);
        PrivateFolder.readFully(channel, offset(index), buffer);
        start = 0;
      }
      // A file that became shorter while it was read leaves zeros, or an earlier record's bytes.
      if (checksum(index, buffer.array(), start)
          != buffer.getInt(start + RECORD_BYTES - CHECKSUM_BYTES)) {
        throw corrupt("record " + index);
      }
      return true;
    }

    long high() {
      return buffer.getLong(start);
    }

    long low() {
      return buffer.getLong(start + 8);
    }

    long end() {
      return buffer.getLong(start + 16);
    }

    boolean isOf(UuidV7 jti) {
      return high() == jti.value().getMostSignificantBits()
          && low() == jti.value().getLeastSignificantBits();
    }
  }

  private static void truncate(FileChannel channel, long size) throws IOException {
    FileChannel ignored = channel.truncate(size);
  }
}
