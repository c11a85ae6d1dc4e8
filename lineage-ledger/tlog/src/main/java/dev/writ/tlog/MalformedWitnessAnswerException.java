// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** What a witness answered is none of its answers (c2sp.org/tlog-witness). */
public final class MalformedWitnessAnswerException extends MalformedTlogException {
  MalformedWitnessAnswerException(String field, String mustBe, String was, int offset) {
    super("witness answer", field, mustBe, was, offset);
  }
}
