// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * That a leaf is in a log, for a verifier without a network (c2sp.org/tlog-proof).
 *
 * <pre>
 * proof = "c2sp.org/tlog-proof@v1\n"
 *         [ "extra " base64(extra) "\n" ]
 *         "index " decimal "\n"
 *         *( base64(hash) "\n" )            leaf's sibling first
 *         "\n"
 *         checkpoint, a signed note
 * </pre>
 *
 * <p>To verify: compute the leaf hash from what is to be proven; {@link LogPolicy#verifyCheckpoint}
 * on {@link #note}; then {@link #inclusion}{@code .verify(leafHash, root)} with the root of the
 * trusted checkpoint. No one vouches for {@link #extra}.
 */
public final class TlogProof {
  /** Longest proof in bytes: a note, 63 hashes and as much again for extra data. */
  public static final int MAX_BYTES = 2 * SignedNote.MAX_BYTES + 4096;

  private static final String HEADER = "c2sp.org/tlog-proof@v1";
  private static final String EXTRA = "extra ";
  private static final String INDEX = "index ";

  /** Levels above a leaf of a tree with 2^63 - 1 leaves. */
  private static final int MAX_PATH = 63;

  private final Optional<byte[]> extra;
  private final InclusionProof inclusion;
  private final Checkpoint checkpoint;
  private final SignedNote note;

  private TlogProof(
      Optional<byte[]> extra, InclusionProof inclusion, Checkpoint checkpoint, SignedNote note) {
    this.extra = extra;
    this.inclusion = inclusion;
    this.checkpoint = checkpoint;
    this.note = note;
  }

  /**
   * The proof that {@code inclusion} leads to the checkpoint in {@code note}.
   *
   * @throws IllegalArgumentException if the note is no checkpoint, or one of another tree size
   */
  public static TlogProof of(InclusionProof inclusion, SignedNote note) {
    Checkpoint checkpoint;
    try {
      checkpoint = Checkpoint.parse(note.text());
    } catch (MalformedCheckpointException e) {
      throw new IllegalArgumentException("the note must be a checkpoint: " + e.getMessage(), e);
    }
    if (inclusion.treeSize() != checkpoint.size() || inclusion.path().size() > MAX_PATH) {
      throw new IllegalArgumentException(
          "the proof must be for the checkpoint's size "
              + checkpoint.size()
              + ", was for "
              + inclusion.treeSize());
    }
    return new TlogProof(Optional.empty(), inclusion, checkpoint, note);
  }

  /** Reads a proof from text. */
  public static TlogProof parse(String proof) throws MalformedProofException {
    ByteBuffer utf8;
    try {
      utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(proof));
    } catch (CharacterCodingException e) {
      throw new MalformedProofException("proof", "Unicode text", "half a surrogate pair", -1);
    }
    byte[] bytes = new byte[utf8.remaining()];
    utf8.get(bytes);
    return parse(bytes);
  }

  /** Reads a proof. */
  public static TlogProof parse(byte[] proof) throws MalformedProofException {
    if (proof.length > MAX_BYTES) {
      throw new MalformedProofException(
          "proof", "at most " + MAX_BYTES + " bytes", proof.length + " bytes", -1);
    }
    LineCursor<MalformedProofException> lines =
        new LineCursor<>(proof, 0, proof.length, MalformedProofException::new);
    String header = lines.nextText("first line", HEADER);
    if (!header.equals(HEADER)) {
      throw lines.malformed("first line", HEADER, header);
    }
    String line = lines.nextText("second line", "extra or index");
    Optional<byte[]> extra = Optional.empty();
    if (line.startsWith(EXTRA)) {
      byte[] base64 = line.substring(EXTRA.length()).getBytes(StandardCharsets.UTF_8);
      extra = StrictBase64.decode(base64);
      if (extra.isEmpty()) {
        throw lines.malformed("extra", "canonical base64", line);
      }
      line = lines.nextText("index line", "index <n>");
    }
    if (!line.startsWith(INDEX)) {
      throw lines.malformed("index line", "index <n>", line);
    }
    long index = lines.decimal("index", line.substring(INDEX.length()));
    List<Hash> path = path(lines);
    int noteStart = lines.offset();
    SignedNote note = note(proof, noteStart);
    Checkpoint checkpoint = checkpoint(note, noteStart);
    return new TlogProof(
        extra, new InclusionProof(index, checkpoint.size(), path), checkpoint, note);
  }

  /** The text of the proof. */
  public String format() {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    extra.ifPresent(bytes -> text.append(EXTRA).append(StrictBase64.encode(bytes)).append('\n'));
    text.append(INDEX).append(inclusion.index()).append('\n');
    inclusion.path().forEach(hash -> text.append(hash.base64()).append('\n'));
    return text.append('\n').append(note.format()).toString();
  }

  /** The leaf's place, the tree size that the checkpoint claims, and the path. */
  public InclusionProof inclusion() {
    return inclusion;
  }

  /** The leaf's zero-based place in the log. */
  public long index() {
    return inclusion.index();
  }

  /** What the checkpoint claims. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** The checkpoint with its signatures, verbatim. */
  public SignedNote note() {
    return note;
  }

  /** Data of the application that nothing authenticates. */
  public Optional<byte[]> extra() {
    return extra.map(byte[]::clone);
  }

  @Override
  public String toString() {
    return format();
  }

  private static List<Hash> path(LineCursor<MalformedProofException> lines)
      throws MalformedProofException {
    List<Hash> path = new ArrayList<>();
    while (true) {
      byte[] line = lines.next("path", "hashes and an empty line");
      if (line.length == 0) {
        return path;
      }
      if (path.size() == MAX_PATH) {
        throw lines.malformed(
            "path", "at most " + MAX_PATH + " hashes", new String(line, StandardCharsets.UTF_8));
      }
      path.add(lines.hash("path hash " + path.size(), line));
    }
  }

  private static SignedNote note(byte[] proof, int start) throws MalformedProofException {
    try {
      return SignedNote.parse(Arrays.copyOfRange(proof, start, proof.length));
    } catch (MalformedNoteException e) {
      throw within("checkpoint's note", e, start);
    }
  }

  private static Checkpoint checkpoint(SignedNote note, int start) throws MalformedProofException {
    try {
      return Checkpoint.parse(note.text());
    } catch (MalformedCheckpointException e) {
      throw within("checkpoint", e, start);
    }
  }

  private static MalformedProofException within(String part, MalformedTlogException e, int start) {
    MalformedProofException malformed =
        new MalformedProofException(
            part + ": " + e.field(), e.mustBe(), e.was(), start + e.offset().orElse(0));
    malformed.initCause(e);
    return malformed;
  }
}
