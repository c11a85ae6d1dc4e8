// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * Bytes that are not a document of one of this package's formats: which field, what it must be, what
 * it was. Each format has its own subclass.
 */
public abstract sealed class MalformedDocumentException extends Exception
    permits MalformedArtifactException,
        MalformedAttestationResultException,
        MalformedBundleException,
        MalformedDrillReportException,
        MalformedEnvelopeException,
        MalformedExecBindingException,
        MalformedGrantException,
        MalformedJsonException,
        MalformedJwsException,
        MalformedLeafException,
        MalformedOperationException,
        MalformedOrderException,
        MalformedOutcomeException,
        MalformedRedemptionException,
        MalformedRequestApprovalException,
        MalformedRequestException,
        MalformedStatusTokenException,
        MalformedTrustFileException {
  private static final int LONGEST_WAS = 80;

  private final String message;
  private final String field;
  private final String mustBe;
  private final String was;

  MalformedDocumentException(String format, String field, String mustBe, String was) {
    this.message =
        format
            + (field.isEmpty() ? "" : ", field " + printable(field))
            + ": must be "
            + mustBe
            + ", was "
            + printable(was);
    this.field = field;
    this.mustBe = mustBe;
    this.was = printable(was);
  }

  MalformedDocumentException(String format, MalformedDocumentException cause) {
    this(format, cause.field, cause.mustBe, cause.was);
  }

  MalformedDocumentException(String format, InvalidValueException cause) {
    this(format, cause.field(), cause.mustBe(), cause.was());
  }

  @Override
  public final String getMessage() {
    return message;
  }

  /** Path of the field, such as {@code act.max_uses}; empty where it is the document as a whole. */
  public final String field() {
    return field;
  }

  /** What the field must be. */
  public final String mustBe() {
    return mustBe;
  }

  /** What it was: shortened, and fit to print. */
  public final String was() {
    return was;
  }

  /** Hostile text must neither flood a log line nor steer the terminal that shows it. */
  private static String printable(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), LONGEST_WAS) + 1);
    for (int i = 0; i < text.length() && i < LONGEST_WAS; i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x7f) {
        out.append(c);
      } else {
        out.append(String.format("\\u%04x", (int) c));
      }
    }
    return text.length() > LONGEST_WAS ? out.append("…").toString() : out.toString();
  }
}
