// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a log says about its tree (c2sp.org/tlog-checkpoint): the text of a note.
 *
 * <pre>
 * text = origin "\n" size "\n" base64(root) "\n" *( extension "\n" )
 * </pre>
 *
 * <p>Parsed it is a claim; {@link LogPolicy#verifyCheckpoint} makes it one to believe.
 *
 * @param origin the log's name, not empty
 * @param size number of leaves
 * @param root root of the tree over them
 * @param extensions further lines, not empty, of which only their signer knows the meaning; a log of
 *     this package writes none
 */
public record Checkpoint(String origin, long size, Hash root, List<String> extensions) {
  /**
   * Checks the lines.
   *
   * @throws IllegalArgumentException if the size is negative, or a line empty or not one line
   */
  public Checkpoint {
    extensions = List.copyOf(extensions);
    if (size < 0) {
      throw new IllegalArgumentException("tree size must be at least 0, was " + size);
    }
    requireLine("origin", origin);
    extensions.forEach(line -> requireLine("extension line", line));
  }

  /**
   * A checkpoint without extension lines.
   *
   * @throws IllegalArgumentException if the size is negative, or the origin empty or not one line
   */
  public Checkpoint(String origin, long size, Hash root) {
    this(origin, size, root, List.of());
  }

  /** Reads the text of a note, from {@link SignedNote#text}. */
  public static Checkpoint parse(byte[] text) throws MalformedCheckpointException {
    LineCursor.requireText(text, MalformedCheckpointException::new);
    LineCursor<MalformedCheckpointException> lines =
        new LineCursor<>(text, 0, text.length, MalformedCheckpointException::new);
    String origin = nextNotEmpty(lines, "origin");
    long size = lines.decimal("tree size", lines.nextText("tree size", "a decimal"));
    Hash root = lines.hash("root hash", lines.next("root hash", "base64"));
    List<String> extensions = new ArrayList<>();
    while (!lines.atEnd()) {
      extensions.add(nextNotEmpty(lines, "extension line"));
    }
    return new Checkpoint(origin, size, root, extensions);
  }

  /** The text to sign. */
  public byte[] noteText() {
    StringBuilder text = new StringBuilder();
    text.append(origin).append('\n').append(size).append('\n').append(root.base64()).append('\n');
    extensions.forEach(line -> text.append(line).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String nextNotEmpty(LineCursor<MalformedCheckpointException> lines, String field)
      throws MalformedCheckpointException {
    String line = lines.nextText(field, "not empty");
    if (line.isEmpty()) {
      throw lines.malformed(field, "not empty", line);
    }
    return line;
  }

  private static void requireLine(String field, String line) {
    boolean isLine =
        !line.isEmpty()
            && line.codePoints()
                .allMatch(c -> c >= 0x20 && Character.getType(c) != Character.SURROGATE);
    if (!isLine) {
      throw new IllegalArgumentException(
          field
              + " must be one line of text without control characters, was "
              + MalformedTlogException.quote(line));
    }
  }
}
