// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a log asks of a witness: to cosign a checkpoint that continues the one the witness has
 * (c2sp.org/tlog-witness, "add-checkpoint").
 *
 * <pre>
 * request = "old " decimal LF *63( base64( hash ) LF ) LF note
 * </pre>
 *
 * <p>Nothing in it is to be believed; {@link WitnessRule} says whether it may be cosigned.
 */
public final class AddCheckpoint {
  /** Longest request in bytes: a note, its path and the size. */
  public static final int MAX_BYTES = SignedNote.MAX_BYTES + 4096;

  /** Most hashes of a path: the levels above a leaf of a tree with 2^63 - 1 leaves. */
  public static final int MAX_PATH = 63;

  private static final String OLD = "old ";

  private final long oldSize;
  private final List<Hash> path;
  private final Checkpoint checkpoint;
  private final byte[] note;

  private AddCheckpoint(long oldSize, List<Hash> path, Checkpoint checkpoint, byte[] note) {
    this.oldSize = oldSize;
    this.path = List.copyOf(path);
    this.checkpoint = checkpoint;
    this.note = note;
  }

  /**
   * The request to cosign {@code note}, whose tree continues one of {@code oldSize} leaves by {@code
   * path}.
   *
   * @throws IllegalArgumentException if the size is negative, the path too long, or the note no
   *     checkpoint
   */
  public static AddCheckpoint of(long oldSize, List<Hash> path, SignedNote note) {
    if (oldSize < 0 || path.size() > MAX_PATH) {
      throw new IllegalArgumentException(
          "an old size must be at least 0 with at most "
              + MAX_PATH
              + " hashes, was "
              + oldSize
              + " with "
              + path.size());
    }
    try {
      return new AddCheckpoint(oldSize, path, Checkpoint.parse(note.text()), note.bytes());
    } catch (MalformedCheckpointException e) {
      throw new IllegalArgumentException("the note must be a checkpoint: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a request. Of the note the text is read and the signatures are kept as they came: they
   * cost nothing where no log with the checkpoint's origin is known.
   */
  public static AddCheckpoint parse(byte[] request) throws MalformedAddCheckpointException {
    if (request.length > MAX_BYTES) {
      throw new MalformedAddCheckpointException(
          "request", "at most " + MAX_BYTES + " bytes", request.length + " bytes", -1);
    }
    LineCursor<MalformedAddCheckpointException> lines =
        new LineCursor<>(request, 0, request.length, MalformedAddCheckpointException::new);
    String old = lines.nextText("first line", "old <size>");
    if (!old.startsWith(OLD)) {
      throw lines.malformed("first line", "old <size>", old);
    }
    long oldSize = lines.decimal("old size", old.substring(OLD.length()));
    List<Hash> path = new ArrayList<>();
    for (byte[] line = nextOfPath(lines); line.length > 0; line = nextOfPath(lines)) {
      if (path.size() == MAX_PATH) {
        throw lines.malformed(
            "path", "at most " + MAX_PATH + " hashes", new String(line, StandardCharsets.UTF_8));
      }
      path.add(lines.hash("path hash " + path.size(), line));
    }
    int start = lines.offset();
    byte[] note = Arrays.copyOfRange(request, start, request.length);
    if (note.length > SignedNote.MAX_BYTES) {
      throw new MalformedAddCheckpointException(
          "checkpoint",
          "at most " + SignedNote.MAX_BYTES + " bytes",
          note.length + " bytes",
          start);
    }
    try {
      return new AddCheckpoint(oldSize, path, Checkpoint.parse(SignedNote.textOf(note)), note);
    } catch (MalformedNoteException | MalformedCheckpointException e) {
      MalformedAddCheckpointException malformed =
          new MalformedAddCheckpointException(
              "checkpoint: " + e.field(), e.mustBe(), e.was(), start + e.offset().orElse(0));
      malformed.initCause(e);
      throw malformed;
    }
  }

  private static byte[] nextOfPath(LineCursor<MalformedAddCheckpointException> lines)
      throws MalformedAddCheckpointException {
    return lines.next("path", "hashes and an empty line");
  }

  /** Size of the tree that the witness is said to have; 0 where it is said to have none. */
  public long oldSize() {
    return oldSize;
  }

  /** The path of the {@link ConsistencyProof} from there. */
  public List<Hash> path() {
    return path;
  }

  /** What is to be cosigned. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** The checkpoint with its signatures, none of which is verified. */
  public SignedNote note() throws MalformedNoteException {
    return SignedNote.parse(note);
  }

  /** The request as it is sent. */
  public byte[] bytes() {
    StringBuilder head = new StringBuilder(OLD).append(oldSize).append('\n');
    path.forEach(hash -> head.append(hash.base64()).append('\n'));
    head.append('\n');
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
    request.writeBytes(note);
    return request.toByteArray();
  }
}
