// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file that holds a secret, and that nobody but its owner may read or write. */
final class OwnersFile {
  private OwnersFile() {}

  /**
   * Refuses a file that is open to others.
   *
   * @param what names it in the message
   * @param remedy what to do where others could read it
   */
  static void require(String what, Path file, String remedy) throws IOException, CommandFailure {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (!PosixFilePermissions.fromString("rwx------").containsAll(mode)) {
      throw CommandFailure.configuration(
          String.format(
              "%s %s must be its owner's alone, was %s: chmod 600 it, and %s if others could read it",
              what, file, PosixFilePermissions.toString(mode), remedy));
    }
  }
}
