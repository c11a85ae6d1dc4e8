// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The file {@code revoked} of {@link SeenOnDisk}. Every method wants the folder's lock held. */
final class RevokedFile {
  static final String NAME = "revoked";

  private static final long MAGIC =
      ByteBuffer.wrap("writrev1".getBytes(StandardCharsets.US_ASCII)).getLong();
  private static final int HEADER_BYTES = 24;
  private static final int RECORD_BYTES = 49;
  private static final int CHECKSUM_BYTES = 4;
  private static final int MAX_BYTES =
      HEADER_BYTES + PushedRevocations.MOST * RECORD_BYTES + CHECKSUM_BYTES;
  private static final byte ARTIFACT = 1;
  private static final byte HOST = 2;
  private static final byte PLACES = 3;
  private static final byte BREAKGLASS = 4;

  private final PrivateFolder folder;

  /** What the file of this state says; written and read under the folder's lock. */
  private Map.Entry<State, PushedRevocations> known =
      Map.entry(State.ABSENT, PushedRevocations.NONE);

  /**
   * What tells one content of the file from another. Each is a new file; the checksum tells those apart that
   * were made within a tick of the file system's clock.
   */
  private record State(Object file, Object modified, long bytes, int checksum) {
    static final State ABSENT = new State("", "", 0, 0);
  }

  RevokedFile(PrivateFolder folder) {
    this.folder = folder;
  }

  /** What is kept; the file is read through where it is another than when it was read last. */
  PushedRevocations read() throws IOException {
    State state = state();
    if (!known.getKey().equals(state)) {
      known = Map.entry(state, state.equals(State.ABSENT) ? PushedRevocations.NONE : parse());
    }
    return known.getValue();
  }

  private State state() throws IOException {
    Path file = folder.path(NAME);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Map<String, Object> attributes = Files.readAttributes(file, "unix:ino,ctime");
      ByteBuffer last = ByteBuffer.allocate(CHECKSUM_BYTES);
      PrivateFolder.readFully(channel, Math.max(0, channel.size() - CHECKSUM_BYTES), last);
      return new State(
          Objects.requireNonNull(attributes.get("ino")),
          Objects.requireNonNull(attributes.get("ctime")),
          channel.size(),
          last.getInt(0));
    } catch (NoSuchFileException e) {
      return State.ABSENT;
    }
  }

  private PushedRevocations parse() throws IOException {
    byte[] content = folder.read(NAME, MAX_BYTES);
    int sum = content.length - CHECKSUM_BYTES;
    ByteBuffer bytes = ByteBuffer.wrap(content);
    if (sum < HEADER_BYTES
        || (sum - HEADER_BYTES) % RECORD_BYTES != 0
        || bytes.getInt(sum) != checksum(content, sum)
        || bytes.getLong() != MAGIC) {
      throw corrupt();
    }
    long reach = bytes.getLong();
    Instant reachUntil = Instant.ofEpochMilli(bytes.getLong());
    List<PushedRevocation> kept = new ArrayList<>();
    while (bytes.position() < sum) {
      kept.add(record(bytes));
    }
    return new PushedRevocations(
        kept,
        reach < 0
            ? Optional.empty()
            : Optional.of(new PushedRevocations.MustReach(reach, reachUntil)));
  }

  private PushedRevocation record(ByteBuffer bytes) throws IOException {
    byte kind = bytes.get();
    byte[] what = new byte[Hash.BYTES];
    bytes.get(what);
    RevocationScope scope;
    if (kind == HOST) {
      scope = new RevocationScope.OfHost(Hash.of(what));
    } else if (kind == ARTIFACT) {
      ByteBuffer halves = ByteBuffer.wrap(what);
      scope =
          new RevocationScope.OfArtifact(
              UuidV7.parse(new UUID(halves.getLong(), halves.getLong()).toString()));
    } else if (kind == PLACES) {
      ByteBuffer places = ByteBuffer.wrap(what);
      scope = new RevocationScope.OfPlaces(places.getLong(), places.getLong());
    } else if (kind == BREAKGLASS) {
      scope = new RevocationScope.OfBreakglass();
    } else {
      throw corrupt();
    }
    return new PushedRevocation(scope, bytes.getLong(), Instant.ofEpochMilli(bytes.getLong()));
  }

  void write(PushedRevocations revocations) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(
            HEADER_BYTES + revocations.kept().size() * RECORD_BYTES + CHECKSUM_BYTES);
    bytes.putLong(MAGIC);
    Optional<PushedRevocations.MustReach> reach = revocations.mustReach();
    bytes.putLong(reach.isPresent() ? reach.get().leafIndex() : -1);
    bytes.putLong(reach.isPresent() ? reach.get().keepUntil().toEpochMilli() : 0);
    for (PushedRevocation each : revocations.kept()) {
      put(bytes, each);
    }
    folder.replace(NAME, bytes.putInt(checksum(bytes.array(), bytes.position())).array());
  }

  private static void put(ByteBuffer bytes, PushedRevocation each) {
    if (each.scope() instanceof RevocationScope.OfArtifact artifact) {
      UUID jti = UUID.fromString(artifact.jti().toString());
      bytes
          .put(ARTIFACT)
          .putLong(jti.getMostSignificantBits())
          .putLong(jti.getLeastSignificantBits())
          .put(new byte[Hash.BYTES - 16]);
    } else if (each.scope() instanceof RevocationScope.OfPlaces places) {
      bytes
          .put(PLACES)
          .putLong(places.fromIndex())
          .putLong(places.beforeIndex())
          .put(new byte[Hash.BYTES - 16]);
    } else if (each.scope() instanceof RevocationScope.OfBreakglass) {
      bytes.put(BREAKGLASS).put(new byte[Hash.BYTES]);
    } else {
      bytes.put(HOST).put(((RevocationScope.OfHost) each.scope()).akNameDigest().bytes());
    }
    bytes.putLong(each.leafIndex()).putLong(each.keepUntil().toEpochMilli());
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, length);
    return (int) sum.getValue();
  }

  private IOException corrupt() {
    return new IOException(
        folder.path(NAME)
            + " must be the revocations that were pushed, as they were kept, and is not: without it a"
            + " withdrawn artifact could pass, and nothing may run. Remove the file once a newer"
            + " status token of each list is at hand");
  }
}
