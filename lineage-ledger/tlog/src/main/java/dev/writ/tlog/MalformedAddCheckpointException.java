// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** Bytes are no request to a witness (c2sp.org/tlog-witness). */
public final class MalformedAddCheckpointException extends MalformedTlogException {
  MalformedAddCheckpointException(String field, String mustBe, String was, int offset) {
    super("add-checkpoint", field, mustBe, was, offset);
  }
}
