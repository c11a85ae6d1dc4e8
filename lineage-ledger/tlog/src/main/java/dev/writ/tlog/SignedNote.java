// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * A text with signature lines (c2sp.org/signed-note). Nothing in it is to be believed before {@link
 * #open} says so.
 */
public final class SignedNote {
  /** Longest note in bytes: room for 16 post-quantum signatures of 5 kB beside a text. */
  public static final int MAX_BYTES = 128 * 1024;

  /** Most signature lines; the specification asks for 16 at least. */
  public static final int MAX_SIGNATURES = 100;

  private final byte[] bytes;
  private final int textLength;
  private final List<NoteSignature> signatures;

  private SignedNote(byte[] bytes, int textLength, List<NoteSignature> signatures) {
    this.bytes = bytes;
    this.textLength = textLength;
    this.signatures = List.copyOf(signatures);
  }

  /** Reads a note; the bytes are kept as they came, and signatures are verified over them. */
  public static SignedNote parse(byte[] note) throws MalformedNoteException {
    if (note.length > MAX_BYTES) {
      throw new MalformedNoteException(
          "note", "at most " + MAX_BYTES + " bytes", note.length + " bytes", -1);
    }
    byte[] bytes = note.clone();
    LineCursor.requireText(bytes, MalformedNoteException::new);
    int textLength = textLength(bytes);
    // "the text is separated from the signatures by the last empty line in the note"
    int signaturesStart = textLength + 1;
    LineCursor<MalformedNoteException> lines =
        new LineCursor<>(bytes, signaturesStart, bytes.length, MalformedNoteException::new);
    List<NoteSignature> signatures = new ArrayList<>();
    do {
      if (signatures.size() == MAX_SIGNATURES) {
        throw new MalformedNoteException(
            "signature lines", "at most " + MAX_SIGNATURES, "more", lines.offset());
      }
      signatures.add(NoteSignature.parse(lines));
    } while (!lines.atEnd());
    return new SignedNote(bytes, textLength, signatures);
  }

  /** What the note in {@code bytes} would have signed; its signature lines are not read. */
  static byte[] textOf(byte[] bytes) throws MalformedNoteException {
    return Arrays.copyOf(bytes, textLength(bytes));
  }

  /**
   * Signs {@code text} with each of {@code signers}, in that order.
   *
   * @throws IllegalArgumentException if the text is not a note's text, or there is no signer
   * @throws NoteSigningException if a signer could not sign; what others signed is dropped
   */
  public static SignedNote sign(byte[] text, NoteSigner... signers) throws NoteSigningException {
    List<NoteSignature> signatures = new ArrayList<>();
    for (NoteSigner signer : signers) {
      NoteKey key = signer.key();
      signatures.add(new NoteSignature(key.name(), key.keyId(), signer.sign(text.clone())));
    }
    return of(text, signatures);
  }

  /**
   * The note of {@code text} with {@code signatures}, which nobody verified.
   *
   * @throws IllegalArgumentException if the text is not a note's text, or there is no signature
   */
  public static SignedNote of(byte[] text, List<NoteSignature> signatures) {
    ByteArrayOutputStream note = new ByteArrayOutputStream();
    note.writeBytes(text);
    note.write('\n');
    for (NoteSignature signature : signatures) {
      note.writeBytes(signature.line().getBytes(StandardCharsets.UTF_8));
    }
    SignedNote parsed;
    try {
      parsed = parse(note.toByteArray());
    } catch (MalformedNoteException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    if (parsed.textLength != text.length) {
      throw new IllegalArgumentException("a note's text must end with a newline, did not");
    }
    return parsed;
  }

  /** The same text with more signatures, as a log adds those of its witnesses. */
  public SignedNote with(List<NoteSignature> more) {
    List<NoteSignature> all = new ArrayList<>(signatures);
    all.addAll(more);
    return of(text(), all);
  }

  /** The note as it was read or signed. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The note as text; it is valid UTF-8. */
  public String format() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** What is signed, with its last newline and without the empty line. */
  public byte[] text() {
    return Arrays.copyOf(bytes, textLength);
  }

  /** The signature lines, in their order; none is verified. */
  public List<NoteSignature> signatures() {
    return signatures;
  }

  /**
   * Verifies the signatures of known keys (signed-note, "Signatures").
   *
   * <p>A line whose name and key ID together match no key is ignored. One that matches and does not
   * verify refuses the whole note. A line that repeats another to the byte is not verified again, so
   * that repeats do not multiply the work.
   *
   * @param known no two with the same name and key ID
   */
  public NoteOutcome open(Collection<NoteVerifier> known) {
    List<NoteOutcome.VerifiedSignature> verified = new ArrayList<>();
    for (NoteSignature signature : signatures) {
      for (NoteVerifier verifier : known) {
        if (!signature.isBy(verifier.key())) {
          continue;
        }
        NoteOutcome.VerifiedSignature line =
            new NoteOutcome.VerifiedSignature(verifier.key(), signature);
        if (verified.contains(line)) {
          continue;
        }
        if (!verifier.verify(bytes, textLength, signature.rawBytes())) {
          return new NoteOutcome.Refused(
              "each signature of a known key must verify, that of " + signature + " did not");
        }
        verified.add(line);
      }
    }
    return verified.isEmpty()
        ? new NoteOutcome.Refused(
            "a known key must have signed, the note has signatures of " + signatures)
        : new NoteOutcome.Opened(verified);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SignedNote that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return format();
  }

  /** Length of the text: up to the first newline of the last two that stand together. */
  private static int textLength(byte[] bytes) throws MalformedNoteException {
    for (int i = bytes.length - 2; i >= 0; i--) {
      if (bytes[i] == '\n' && bytes[i + 1] == '\n') {
        return i + 1;
      }
    }
    throw new MalformedNoteException(
        "text", "followed by an empty line", MalformedTlogException.quote(bytes), 0);
  }
}
