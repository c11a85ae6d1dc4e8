// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;

/** A tile that a tree of the given size must have is not in its store. */
public final class MissingTileException extends IOException {
  private final transient TilePath path;

  MissingTileException(TilePath path, long treeSize) {
    super(
        path
            + (path.isPartial() ? " or its full tile" : "")
            + " must exist in a tree of size "
            + treeSize
            + ", was in no place; restore the store or use a smaller size");
    this.path = path;
  }

  /** The tile that is missing. */
  public TilePath path() {
    return path;
  }
}
