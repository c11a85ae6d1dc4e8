// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** Bytes are no signed note (c2sp.org/signed-note). */
public final class MalformedNoteException extends MalformedTlogException {
  MalformedNoteException(String field, String mustBe, String was, int offset) {
    super("note", field, mustBe, was, offset);
  }
}
