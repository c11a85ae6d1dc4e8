// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** Bytes are no entry bundle (c2sp.org/tlog-tiles, "Log entries"). */
public final class MalformedEntryBundleException extends MalformedTlogException {
  MalformedEntryBundleException(String field, String mustBe, String was, int offset) {
    super("entry bundle", field, mustBe, was, offset);
  }
}
