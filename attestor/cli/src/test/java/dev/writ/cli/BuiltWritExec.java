// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The writ-exec that the build made, and what a launcher says of it. */
final class BuiltWritExec {
  private static final Path FILE = Path.of("..", "agent", "target", "writ-exec");

  private BuiltWritExec() {}

  /** Tells this JVM of it, as the launcher would. */
  static void tell() throws IOException {
    String ignored = System.setProperty("writ.exec", manifest().option().substring(12));
  }

  static ExecManifest manifest() throws IOException {
    Path file = FILE.toRealPath();
    return new ExecManifest(Hash.sha256(Files.readAllBytes(file)), file);
  }
}
