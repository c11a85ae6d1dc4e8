// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.UuidV7;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Tells a denial of the service to an HTTP client. */
final class Denials {
  /** The caller may not see paths, labels and addresses, which failures name; the log does. */
  private static final String FAILED =
      "the service must come to an answer, and cannot now; its log says why; send it again later";

  /** Within it the pools have room again, and a host that may ask at all may ask once more. */
  private static final int RETRY_OVERLOADED = 1;

  private static final int RETRY_FAILED = 2;

  private Denials() {}

  static Reply reply(Denial denial) {
    return switch (denial.ground()) {
      case MALFORMED -> refused(400, "The request is not of its form", denial, OptionalInt.empty());
      case JUDGED -> refused(status(denial), title(denial.code()), denial, OptionalInt.empty());
      case UNAVAILABLE -> unavailable(denial, FAILED, RETRY_FAILED);
      case CROWDED -> refused(429, "Too much waits already", denial, OptionalInt.empty());
      case OVERLOADED -> unavailable(denial, denial.message(), RETRY_OVERLOADED);
    };
  }

  /** A denial that may be a leaf, whose id its host is told: by that it is found again. */
  static Reply reply(IssuanceOutcome.Denied denied) {
    return reply(denied.denial(), denied.decision());
  }

  /** Likewise, told to who wanted to use an artifact. */
  static Reply reply(RedemptionOutcome.Denied denied) {
    return reply(denied.denial(), denied.verification());
  }

  private static Reply reply(Denial denial, Optional<UuidV7> leaf) {
    Reply reply = reply(denial);
    return leaf.isPresent() && reply instanceof Reply.Refused refused
        ? new Reply.Refused(refused.problem().of(leaf.get()), refused.logged())
        : reply;
  }

  private static int status(Denial denial) {
    return switch (denial.code()) {
      case ARTIFACT_MISSING -> 404;
      case REPLAYED -> 409;
      // No artifact is shown here that could be revoked: somebody asks for what was done.
      case REVOKED -> denial.reason().equals("already_revoked") ? 409 : 403;
      default -> 403;
    };
  }

  private static Reply unavailable(Denial denial, String detail, int seconds) {
    return new Reply.Refused(
        Problem.unavailable(denial.reason(), detail, seconds), Optional.of(denial.message()));
  }

  private static Reply refused(int status, String title, Denial denial, OptionalInt retryAfter) {
    return new Reply.Refused(
        new Problem(
            status,
            title,
            denial.code(),
            denial.reason(),
            denial.message(),
            retryAfter,
            Map.of(),
            denial.next(),
            Optional.empty()),
        Optional.empty());
  }

  /** The code in words: one title for one code. */
  private static String title(DenialCode code) {
    String words = code.wire().replace('_', ' ');
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }
}
