// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** Bytes are not the tile that their path names (c2sp.org/tlog-tiles). */
public final class MalformedTileException extends MalformedTlogException {
  MalformedTileException(String field, String mustBe, String was, int offset) {
    super("tile", field, mustBe, was, offset);
  }
}
