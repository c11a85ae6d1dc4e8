// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Test vectors from elsewhere, in the folder that {@code WRIT_VECTORS} names, else {@code
 * ../shared/vectors} beside the project. A test whose vectors are absent is skipped and says so.
 */
final class Vectors {
  private Vectors() {}

  /** Makes one test for each vector of a set. */
  @FunctionalInterface
  interface Tests {
    List<DynamicTest> make() throws IOException;
  }

  /** The tests of the set at {@code name}; where it is absent, one that is skipped. */
  static List<DynamicTest> each(String name, Tests tests) throws IOException {
    Path path = resolve(name);
    if (!Files.exists(path)) {
      return List.of(DynamicTest.dynamicTest("no vectors at " + path, () -> path(name)));
    }
    List<DynamicTest> made = tests.make();
    assertThat(made).isNotEmpty();
    return made;
  }

  /** The file or folder {@code name}; skips the test where it is absent. */
  static Path path(String name) {
    Path path = resolve(name);
    assumeTrue(Files.exists(path), () -> "skipped: no vectors at " + path + ", set WRIT_VECTORS");
    return path;
  }

  private static Path resolve(String name) {
    String configured = System.getenv("WRIT_VECTORS");
    Path folder =
        configured == null ? projectRoot().resolveSibling("shared/vectors") : Path.of(configured);
    return folder.resolve(name);
  }

  static JsonNode json(String name) throws IOException {
    return json(path(name));
  }

  static JsonNode json(Path path) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(path));
  }

  /** All JSON files below the folder {@code name}. */
  static List<Path> jsonFiles(String name) throws IOException {
    try (Stream<Path> files = Files.walk(path(name))) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private static Path projectRoot() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve(".mvn")) && folder.getParent() != null) {
      folder = folder.getParent();
    }
    return folder;
  }
}
