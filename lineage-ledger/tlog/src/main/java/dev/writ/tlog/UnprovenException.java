// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a log's store gave does not lead to the root that was to be proven, and is not used. */
public final class UnprovenException extends IOException {
  private static final long serialVersionUID = 1;

  private final String where;

  private UnprovenException(String where, String mustBe, String was, @Nullable Throwable cause) {
    super(where + " must be " + mustBe + ", was " + was, cause);
    this.where = where;
  }

  /** A file that a log's server gave, and that is not even what it says to be. */
  public static UnprovenException served(String path, String mustBe, String was) {
    return of(path, mustBe, was);
  }

  static UnprovenException of(String where, String mustBe, String was) {
    return new UnprovenException(where, mustBe, was, null);
  }

  static UnprovenException malformed(String where, MalformedTlogException cause) {
    return new UnprovenException(where, "well formed", "not: " + cause.getMessage(), cause);
  }

  static UnprovenException missing(EntryBundlePath path, long treeSize) {
    return of(
        path + (path.width() < Tile.WIDTH ? " or its full bundle" : ""),
        "there in a log of size " + treeSize,
        "in no place");
  }

  /** The tile, bundle or entry. */
  public String where() {
    return where;
  }
}
