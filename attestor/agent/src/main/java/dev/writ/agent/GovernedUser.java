// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The user as whom a child runs, which is this process's own. It must not be able to rewrite what was
 * hashed, nor to put another file in its place, or beside it where the program looks for its own.
 *
 * <p>Root can write everything, and is not stopped by any of this; where it runs a program, nobody else
 * may be able to.
 *
 * @param uid the effective user
 */
record GovernedUser(int uid) {
  static final int ROOT = 0;
  static final int GROUP_OR_OTHERS_WRITE = 0022;

  static GovernedUser ofThisProcess() throws IOException {
    return new GovernedUser(uid(Path.of("/proc/self")));
  }

  /**
   * How the file could be rewritten.
   *
   * @param held the file
   * @param path where it is, absolute and without links
   * @return empty where it could not
   */
  Optional<String> rewrites(HeldFile held, Path path) throws IOException {
    if (!path.isAbsolute()) {
      return Optional.of(path + " has no place in the file system");
    }
    Optional<String> way = writes(held.handle(), path);
    for (Path folder = path.getParent(); way.isEmpty() && folder != null; ) {
      way = writes(folder, folder);
      folder = folder.getParent();
    }
    return way;
  }

  private Optional<String> writes(Path file, Path shown) throws IOException {
    int owner = uid(file);
    if (uid == ROOT) {
      if (owner != ROOT) {
        return Optional.of(shown + " belongs to user " + owner);
      }
      boolean others = ((int) Files.getAttribute(file, "unix:mode") & GROUP_OR_OTHERS_WRITE) != 0;
      return others ? Optional.of(shown + " can be written by others than root") : Optional.empty();
    }
    if (owner == uid) {
      return Optional.of(shown + " is this user's own");
    }
    return Files.isWritable(file)
        ? Optional.of(shown + " can be written by this user")
        : Optional.empty();
  }

  static int uid(Path file) throws IOException {
    return (int) Files.getAttribute(file, "unix:uid");
  }
}
