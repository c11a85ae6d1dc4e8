// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Bytes that are not the structure they should be: which field, where, what it must be, what it was.
 *
 * <p>Nothing but this comes out of a parser of this package, whatever the input.
 */
public final class MalformedEvidenceException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final int offset;
  private final String expected;
  private final String actual;

  MalformedEvidenceException(String field, int offset, String expected, String actual) {
    super(field + " at byte " + offset + " must be " + expected + ", was " + actual);
    this.field = field;
    this.offset = offset;
    this.expected = expected;
    this.actual = actual;
  }

  /** The same finding inside a container: {@code container} before the field, offset moved. */
  MalformedEvidenceException inside(String container, int containerOffset) {
    return new MalformedEvidenceException(
        container + "." + field, containerOffset + offset, expected, actual);
  }

  /** Name of the field, with the structures around it: {@code quote.clockInfo.safe}. */
  public String field() {
    return field;
  }

  /** Offset of the field in the bytes that were parsed. */
  public int offset() {
    return offset;
  }

  /** What the field must be. */
  public String expected() {
    return expected;
  }

  /** What the field was. */
  public String actual() {
    return actual;
  }

  /** Stable name of this kind of refusal, for logs, metrics and denials. */
  public String reason() {
    return "evidence_malformed";
  }
}
