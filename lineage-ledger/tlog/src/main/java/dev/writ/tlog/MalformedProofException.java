// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A text is no transparency-log proof (c2sp.org/tlog-proof). */
public final class MalformedProofException extends MalformedTlogException {
  MalformedProofException(String field, String mustBe, String was, int offset) {
    super("tlog-proof", field, mustBe, was, offset);
  }
}
