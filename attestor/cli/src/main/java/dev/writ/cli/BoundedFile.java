// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a user names: read no further than its format can be long. */
final class BoundedFile {
  private BoundedFile() {}

  /** A file's bytes; one byte more than {@code limit} is enough for the parser to refuse the rest. */
  static byte[] read(Path file, int limit) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("must be a file, and is a folder");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(limit + 1);
    }
  }
}
