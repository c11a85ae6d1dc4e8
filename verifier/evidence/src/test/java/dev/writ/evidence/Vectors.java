// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Test data of other projects, beside the checkout or where {@code WRIT_VECTORS} says. */
final class Vectors {
  private Vectors() {}

  /** The bytes of a file; the test is skipped, with a line that says so, where there are none. */
  static byte[] bytes(String path) throws IOException {
    Path file = root().resolve(path);
    assumeTrue(Files.exists(file), () -> "skipped: no test vectors at " + file);
    return Files.readAllBytes(file);
  }

  static String text(String path) throws IOException {
    return new String(bytes(path), StandardCharsets.UTF_8);
  }

  private static Path root() {
    String configured = System.getenv("WRIT_VECTORS");
    if (configured != null) {
      return Path.of(configured);
    }
    // A module's tests run in its own folder, two below the project's.
    return Path.of("").toAbsolutePath().resolve("../../../shared/vectors").normalize();
  }
}
