// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A note text is no checkpoint (c2sp.org/tlog-checkpoint). */
public final class MalformedCheckpointException extends MalformedTlogException {
  MalformedCheckpointException(String field, String mustBe, String was, int offset) {
    super("checkpoint", field, mustBe, was, offset);
  }
}
