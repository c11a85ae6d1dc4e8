// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a witness answers to an {@link AddCheckpoint} (c2sp.org/tlog-witness, "add-checkpoint").
 *
 * <pre>
 * 200  1*16( signature )            lines of a note
 * 409  decimal LF                   the stored size, as {@value #SIZE_MEDIA_TYPE}
 * 400, 403, 404, 422                why not, in words
 * </pre>
 */
public sealed interface AddCheckpointAnswer {
  /** Longest answer that {@link #parse} reads, in bytes. */
  int MAX_BYTES = 64 * 1024;

  /** Most cosignatures that it reads. */
  int MAX_COSIGNATURES = 16;

  /** Media type of the body of a 409. */
  String SIZE_MEDIA_TYPE = "text/x.tlog.size";

  /** Media type of all other bodies. */
  String TEXT_MEDIA_TYPE = "text/plain; charset=utf-8";

  /** The HTTP status. */
  int status();

  /** The body. */
  byte[] body();

  /** Media type of {@link #body}. */
  default String mediaType() {
    return TEXT_MEDIA_TYPE;
  }

  /**
   * The checkpoint is stored and cosigned.
   *
   * @param cosignatures at least one; read from bytes none is verified
   */
  record Cosigned(List<NoteSignature> cosignatures) implements AddCheckpointAnswer {
    /** Copies {@code cosignatures}. */
    public Cosigned {
      cosignatures = List.copyOf(cosignatures);
    }

    @Override
    public int status() {
      return 200;
    }

    @Override
    public byte[] body() {
      StringBuilder lines = new StringBuilder();
      cosignatures.forEach(cosignature -> lines.append(cosignature.line()));
      return lines.toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * The witness has a tree of another size than the request says.
   *
   * @param storedSize size of the newest tree that it cosigned; 0 where it cosigned none
   */
  record Conflict(long storedSize) implements AddCheckpointAnswer {
    @Override
    public int status() {
      return 409;
    }

    @Override
    public byte[] body() {
      return (storedSize + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String mediaType() {
      return SIZE_MEDIA_TYPE;
    }
  }

  /**
   * The request is not to be cosigned.
   *
   * @param why which rule it broke
   * @param reason what must hold and what was; one line
   */
  record Refused(Why why, String reason) implements AddCheckpointAnswer {
    @Override
    public int status() {
      return why.status;
    }

    @Override
    public byte[] body() {
      return (reason + "\n").getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The rules that a request can break. */
  enum Why {
    /** It is not of its form, or its old size is above the checkpoint's. */
    MALFORMED(400),
    /** No key that is believed for the origin signed. */
    NOT_SIGNED(403),
    /** No log has the origin. */
    UNKNOWN_ORIGIN(404),
    /** The proof does not lead from the stored tree to the checkpoint's. */
    NOT_CONSISTENT(422);

    private final int status;

    Why(int status) {
      this.status = status;
    }
  }

  /**
   * Reads an answer.
   *
   * @param mediaType the {@code Content-Type}, or empty text
   * @throws MalformedWitnessAnswerException also for a status that is none of the above: the witness
   *     failed, or it is no witness
   */
  static AddCheckpointAnswer parse(int status, String mediaType, byte[] body)
      throws MalformedWitnessAnswerException {
    if (body.length > MAX_BYTES) {
      throw new MalformedWitnessAnswerException(
          "body", "at most " + MAX_BYTES + " bytes", body.length + " bytes", -1);
    }
    if (status == 200) {
      return cosigned(body);
    }
    if (status == 409) {
      return conflict(mediaType, body);
    }
    for (Why why : Why.values()) {
      if (why.status == status) {
        // It is for a person: what is no text is quoted.
        return new Refused(why, MalformedTlogException.quote(body));
      }
    }
    throw new MalformedWitnessAnswerException(
        "status", "200, 400, 403, 404, 409 or 422", Integer.toString(status), -1);
  }

  private static Cosigned cosigned(byte[] body) throws MalformedWitnessAnswerException {
    try {
      LineCursor.requireText(body, MalformedNoteException::new);
      LineCursor<MalformedNoteException> lines =
          new LineCursor<>(body, 0, body.length, MalformedNoteException::new);
      List<NoteSignature> cosignatures = new ArrayList<>();
      do {
        if (cosignatures.size() == MAX_COSIGNATURES) {
          throw new MalformedNoteException(
              "signature lines", "at most " + MAX_COSIGNATURES, "more", lines.offset());
        }
        cosignatures.add(NoteSignature.parse(lines));
      } while (!lines.atEnd());
      return new Cosigned(cosignatures);
    } catch (MalformedNoteException e) {
      MalformedWitnessAnswerException malformed =
          new MalformedWitnessAnswerException(
              e.field(), e.mustBe(), e.was(), e.offset().orElse(-1));
      malformed.initCause(e);
      throw malformed;
    }
  }

  private static Conflict conflict(String mediaType, byte[] body)
      throws MalformedWitnessAnswerException {
    if (!mediaType.equals(SIZE_MEDIA_TYPE)) {
      throw new MalformedWitnessAnswerException(
          "Content-Type", SIZE_MEDIA_TYPE, MalformedTlogException.quote(mediaType), -1);
    }
    LineCursor<MalformedWitnessAnswerException> lines =
        new LineCursor<>(body, 0, body.length, MalformedWitnessAnswerException::new);
    long size = lines.decimal("stored size", lines.nextText("stored size", "a decimal"));
    if (!lines.atEnd()) {
      throw new MalformedWitnessAnswerException("body", "one line", "more", lines.offset());
    }
    return new Conflict(size);
  }
}
