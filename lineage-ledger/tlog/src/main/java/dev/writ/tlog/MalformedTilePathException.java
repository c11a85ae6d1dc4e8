// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A text is no path of a tile or entry bundle (c2sp.org/tlog-tiles). */
public final class MalformedTilePathException extends MalformedTlogException {
  MalformedTilePathException(String field, String mustBe, String was, int offset) {
    super("tile path", field, mustBe, was, offset);
  }
}
