// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.TilePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A service's log as files, as it serves them: one of at most 256 leaves. */
final class CopiedLog {
  private CopiedLog() {}

  static Path of(DemoService service, Path to) throws IOException {
    Path checkpoint = copy(service, to, "checkpoint");
    long size = Long.parseLong(Files.readString(checkpoint).split("\n", 3)[1]);
    var unused = copy(service, to, TilePath.holding(0, 0, size).text());
    unused = copy(service, to, EntryBundlePath.holding(0, size).text());
    return to;
  }

  private static Path copy(DemoService service, Path to, String path) throws IOException {
    try (InputStream in = service.url().resolve("/ledger/" + path).toURL().openStream()) {
      Path file = to.resolve(path);
      Files.createDirectories(file.getParent());
      return Files.write(file, in.readAllBytes());
    }
  }
}
