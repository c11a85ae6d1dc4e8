// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A text is no verifier key that this package can verify with (c2sp.org/signed-note). */
public final class MalformedNoteKeyException extends MalformedTlogException {
  MalformedNoteKeyException(String field, String mustBe, String was, int offset) {
    super("verifier key", field, mustBe, was, offset);
  }
}
