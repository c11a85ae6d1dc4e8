// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a log's store gave does not lead to the root that was to be proven, and is not used. */
public final class UnprovenException extends IOException {
  private static final long serialVersionUID = 1;

  private final String where;
  private final boolean missing;

  private UnprovenException(
      String where, String mustBe, String was, boolean missing, @Nullable Throwable cause) {
    super(where + " must be " + mustBe + ", was " + was, cause);
    this.where = where;
    this.missing = missing;
  }

  /** A file that a log's server gave, and that is not even what it says to be. */
  public static UnprovenException served(String path, String mustBe, String was) {
    return of(path, mustBe, was);
  }

  static UnprovenException of(String where, String mustBe, String was) {
    return new UnprovenException(where, mustBe, was, false, null);
  }

  static UnprovenException malformed(String where, MalformedTlogException cause) {
    return new UnprovenException(where, "well formed", "not: " + cause.getMessage(), false, cause);
  }

  static UnprovenException missing(EntryBundlePath path, long treeSize) {
    return new UnprovenException(
        path + (path.width() < Tile.WIDTH ? " or its full bundle" : ""),
        "there in a log of size " + treeSize,
        "in no place",
        true,
        null);
  }

  /** Whether it is not there at all. */
  public boolean isMissing() {
    return missing;
  }

  /** The tile, bundle or entry. */
  public String where() {
    return where;
  }
}
