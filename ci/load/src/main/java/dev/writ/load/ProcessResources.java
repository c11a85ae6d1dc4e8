// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process has of the kernel's (proc(5)).
 *
 * @param descriptors open file descriptors
 * @param threads that there are, but the JVM's compilers, which come and go with their work
 */
record ProcessResources(long descriptors, long threads) {
  /** Of the process {@code pid}, now. */
  static ProcessResources of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    long threads = 0;
    for (Path task : list(process.resolve("task"))) {
      try {
        String name = Files.readString(task.resolve("comm"));
        threads += name.startsWith("C1 ") || name.startsWith("C2 ") ? 0 : 1;
      } catch (NoSuchFileException e) {
        // It has ended meanwhile.
      }
    }
    return new ProcessResources(list(process.resolve("fd")).size(), threads);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      return listed.toList();
    }
  }
}
