// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

/**
 * What became of one piece of evidence, or of one request.
 *
 * @param verdict whether it was believed
 * @param reason the refusal's stable name; empty where it was accepted
 */
record Observed(Verdict verdict, String reason) {
  static final Observed ACCEPTED = new Observed(Verdict.ACCEPTED, "");

  /** Whether something was believed. */
  enum Verdict {
    ACCEPTED,
    REFUSED
  }

  static Observed refused(String reason) {
    return new Observed(Verdict.REFUSED, reason);
  }

  @Override
  public String toString() {
    return verdict == Verdict.ACCEPTED ? "accepted" : reason;
  }
}
