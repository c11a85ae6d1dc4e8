// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which writ-exec is this build's own, as the launcher's manifest says.
 *
 * @param sha256 of the file
 * @param file where the build put it
 */
record ExecManifest(Hash sha256, Path file) {
  private static final String PROPERTY = "writ.exec";
  private static final int MAX_BYTES = 1 << 22;

  /** What the launcher told this JVM: {@code SHA256:PATH}. */
  static ExecManifest ofLauncher() throws CommandFailure {
    String told = System.getProperty(PROPERTY, "");
    int colon = told.indexOf(':');
    try {
      return new ExecManifest(
          Hash.fromHex(told.substring(0, Math.max(colon, 0))), Path.of(told.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(
          "the launcher must say which writ-exec is its own (-D" + PROPERTY + "), and does not");
    }
  }

  /** What the launcher tells a JVM that is started by it. */
  String option() {
    return "-D" + PROPERTY + "=" + sha256.hex() + ":" + file;
  }

  /** Refuses a process that runs another program. */
  void requireRunBy(long pid) throws CommandFailure, IOException {
    Path running = Path.of("/proc/" + pid + "/exe");
    Hash found = Hash.sha256(BoundedFile.read(running, MAX_BYTES));
    if (!found.equals(sha256)) {
      throw CommandFailure.configuration(
          "the process that starts programs must be the build's writ-exec, "
              + sha256.hex()
              + ", and is "
              + Files.readSymbolicLink(running)
              + ", "
              + found.hex()
              + ": start writ run by its launcher");
    }
  }
}
