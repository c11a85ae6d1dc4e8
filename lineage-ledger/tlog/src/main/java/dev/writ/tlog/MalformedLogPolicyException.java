// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A text is no log policy (c2sp.org/tlog-policy). */
public final class MalformedLogPolicyException extends MalformedTlogException {
  MalformedLogPolicyException(String field, String mustBe, String was, int offset) {
    super("log policy", field, mustBe, was, offset);
  }
}
