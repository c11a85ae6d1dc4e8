// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Relying Party's memory in a folder, for one that is a new process each time, and for several at
 * once. Nothing is held open between calls. Safe for use by any number of threads.
 *
 * <p>A use costs one write that is forced to the disk, and a reading of the uses of the last day and an
 * hour, 28 bytes each, of which there may be a million. Whoever can write the folder, or put an older
 * copy of it in its place, can use an artifact again until it ends.
 *
 * <p>Uses and status tokens are kept in a folder of mode 0700 and files of mode 0600 that belong to the
 * user whose process it is. It promises:
 *
 * <ul>
 *   <li>A use is on the disk before it is acknowledged, and an acknowledged one is not forgotten while
 *       its artifact could pass, whatever dies and whatever the clock does. Of any number of processes
 *       and threads that try for the last use, one gets it.
 *   <li>What cannot be read, written or trusted is unavailable, which is a denial: a full or read-only
 *       disk, a record or a token that is not as it was written, a file that is gone, a lock that is
 *       not had in ten seconds, more than 1,000,000 uses that may not be forgotten or 1,024 lists.
 *   <li>A token or a revocation that could not be written is unavailable to whoever brought it, and from
 *       then on everything is, in that process, until it is written: each reading tries again.
 *   <li>A full disk leaves the uses as they were. What a crash left unfinished is cut off or replaced
 *       by the next.
 * </ul>
 *
 * <p>It does not promise anything against whoever may write the folder: an older copy in its place
 * brings uses and status back to then.
 *
 * <pre>
 * lock           empty; locked by the operating system while anything below is read or written
 * format         "writ seen 1\n"; made after uses, which must then be there
 * uses           header, then records of 28 bytes; a part of one at the end is of no use that was
 *                acknowledged; integers are big-endian, checksums CRC-32C (RFC 3720)
 *   header       0  8  "writuse1"
 *                8  8  horizon, signed milliseconds since 1970; the least number where nothing is
 *                      forgotten
 *               16  4  checksum of bytes 0 to 15
 *   record n     0 16  jti
 *               16  8  end of the artifact, signed milliseconds since 1970
 *               24  4  checksum of n in 4 bytes, from 0 on, and of bytes 0 to 23
 * status-D       the newest token of a list; D is the SHA-256 of its URI in 64 hexadecimal digits
 *                0  8  "writsta1"
 *                8  8  iat, seconds
 *               16  8  tree_size
 *               24  2  u, length of the list's URI
 *               26  2  t, length of the token
 *               28  u  the URI
 *             28+u  t  the token, in compact serialization
 *           28+u+t  4  checksum of all before
 * revoked        the revocations that were pushed; absent where none was
 *                0  8  "writrev1"
 *                8  8  place of the greatest leaf that there was no room for; -1 where there was
 *               16  8  until when it counts, milliseconds since 1970; 0 where there was
 *   record n     0  1  1 an artifact, 2 a host, 3 what leaves decided for, 4 all of a break-glass
 *                1 32  jti and 16 zero bytes, the SHA-256 of its attestation key's Name, the first
 *                       place, the first after them and 16 zero bytes, or zero bytes
 *               33  8  place of the leaf
 *               41  8  until when it is kept by the log's time, milliseconds since 1970
 *   at the end   0  4  checksum of all before
 * new.tmp        of whoever died while he made a file; no meaning
 * room.tmp       likewise
 * </pre>
 *
 * <p>A file is replaced by writing {@code new.tmp}, forcing it, renaming it and forcing the folder. When
 * at least 4,096 records and half of all, or any where there is no place for more, are of artifacts that
 * ended 24 hours ago or earlier, {@code uses} is replaced by one without these, whose horizon is the
 * latest end that was ever left out. To an artifact that ends at the horizon or before nothing can be
 * said, and its use is unavailable; one that ends later has all its uses in the file. The clock says
 * only when to forget. One that is set back by more than 24 hours makes old artifacts hold that are then
 * unavailable; one that was ahead locks out no artifact that ends later than those that were used.
 */
public final class SeenOnDisk implements Seen {
  /**
   * How long after an artifact's end its uses are kept at least: a clock may be set back by so much
   * before anything is denied for it.
   */
  public static final Duration MARGIN = Duration.ofHours(24);

  /** Most lists whose tokens are kept. */
  public static final int MOST_LISTS = 1024;

  private static final String FORMAT = "format";
  private static final String FORMAT_1 = "writ seen 1\n";

  private final PrivateFolder folder;
  private final InstantSource clock;
  private final UseFile uses;
  private final RevokedFile revoked;
  private final Unkept unkept = new Unkept();

  private SeenOnDisk(PrivateFolder folder, InstantSource clock, int mostRecords) {
    this.folder = folder;
    this.clock = clock;
    this.uses = new UseFile(folder, mostRecords);
    this.revoked = new RevokedFile(folder);
  }

  /**
   * The memory in {@code folder}, which is made if it is missing, mode 0700.
   *
   * @param folder its parent exists
   * @param clock says when uses may be forgotten
   * @throws IOException if the folder is another user's or open to others, cannot be written, has no
   *     room, or holds a memory that cannot be read: the message says which, and what to do
   */
  public static SeenOnDisk open(Path folder, InstantSource clock) throws IOException {
    return open(folder, clock, UseFile.MOST_RECORDS);
  }

  static SeenOnDisk open(Path folder, InstantSource clock, int mostRecords) throws IOException {
    SeenOnDisk seen = new SeenOnDisk(PrivateFolder.open(folder), clock, mostRecords);
    return seen.folder.locked(seen::begin);
  }

  /** Begins where nothing began; what a process that died renamed is made durable. */
  private SeenOnDisk begin() throws IOException {
    byte[] format;
    try {
      format = folder.read(FORMAT, FORMAT_1.length());
    } catch (NoSuchFileException e) {
      if (!Files.exists(folder.path(UseFile.NAME))) {
        uses.create();
      }
      folder.replace(FORMAT, FORMAT_1.getBytes(StandardCharsets.US_ASCII));
      return begin();
    }
    if (!new String(format, StandardCharsets.US_ASCII).equals(FORMAT_1)) {
      throw new IOException(folder.path(FORMAT) + " must say \"writ seen 1\", and does not");
    }
    folder.sync();
    uses.check();
    return this;
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@link UseOutcome#UNAVAILABLE} is also the answer where the file of uses cannot be read or has a
   * record that is not as it was written, where a million are kept, and to an artifact that ended a day
   * or more before a use of another was forgotten, for then its own may have been: that it was used is
   * not known, so the answer is not {@link UseOutcome#EXHAUSTED}. An honest clock never gets there,
   * because such an artifact has expired.
   */
  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    long end = keepUntil.toEpochMilli();
    try {
      return folder.locked(
          () -> uses.record(jti, maxUses, end, clock.millis() - MARGIN.toMillis()));
    } catch (IOException e) {
      return UseOutcome.UNAVAILABLE;
    }
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return Redemption.notFromHere();
  }

  @Override
  public StatusOutcome recordStatus(StatusToken token) {
    try {
      return folder.locked(() -> keep(KeptToken.of(token)));
    } catch (IOException e) {
      unkept.add(KeptToken.of(token));
      return StatusOutcome.UNAVAILABLE;
    }
  }

  private StatusOutcome keep(KeptToken token) throws IOException {
    KeptToken held = read(KeptToken.name(token.listUri()));
    if (held == null && lists() >= MOST_LISTS) {
      return StatusOutcome.UNAVAILABLE;
    }
    if (held == null || token.isLaterThan(held)) {
      folder.replace(KeptToken.name(token.listUri()), token.encode());
    }
    return StatusOutcome.KEPT;
  }

  @Override
  public StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
    try {
      return folder.locked(() -> keep(revocation, logTime));
    } catch (IOException e) {
      unkept.add(revocation, logTime);
      return StatusOutcome.UNAVAILABLE;
    }
  }

  private StatusOutcome keep(PushedRevocation revocation, Instant logTime) throws IOException {
    revoked.write(revoked.read().with(revocation, logTime));
    return StatusOutcome.KEPT;
  }

  /** Keeps first what could not be kept when it came; nothing is told of what was before it. */
  private <T> T told(PrivateFolder.Work<T> read) throws IOException {
    return folder.locked(
        () -> {
          unkept.keep(this::keep, this::keep);
          return read.run();
        });
  }

  @Override
  public PushedRevocations revocations() {
    try {
      return told(revoked::read);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private int lists() throws IOException {
    int lists = 0;
    for (String name : folder.names()) {
      if (name.startsWith(KeptToken.PREFIX)) {
        lists++;
      }
    }
    return lists;
  }

  @Override
  public Optional<StatusToken> newestStatus(String listUri) {
    try {
      return told(() -> parsed(read(KeptToken.name(listUri))));
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public Optional<StatusToken> newestGovernance(String statusUri) {
    try {
      return told(() -> parsed(latest(statusUri)));
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private @Nullable KeptToken latest(String statusUri) throws IOException {
    KeptToken latest = null;
    for (String name : folder.names()) {
      KeptToken kept = name.startsWith(KeptToken.PREFIX) ? read(name) : null;
      if (kept != null
          && StatusReference.isListUri(statusUri, kept.listUri())
          && (latest == null || kept.isLaterThan(latest))) {
        latest = kept;
      }
    }
    return latest;
  }

  private @Nullable KeptToken read(String name) throws IOException {
    try {
      return KeptToken.parse(folder.path(name), folder.read(name, KeptToken.MAX_BYTES));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private Optional<StatusToken> parsed(@Nullable KeptToken kept) throws IOException {
    return kept == null
        ? Optional.empty()
        : Optional.of(kept.token(folder.path(KeptToken.name(kept.listUri()))));
  }
}
