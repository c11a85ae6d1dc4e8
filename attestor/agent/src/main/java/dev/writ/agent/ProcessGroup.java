// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** A process group, found by its number in /proc: the number is not given again while it has a member. */
final class ProcessGroup {
  /** The fields of /proc/PID/stat that follow the command's closing parenthesis: state, parent, group. */
  private static final int GROUP = 2;

  private ProcessGroup() {}

  /** Kills all that are in it, also those that its members make meanwhile: who was killed makes none. */
  static void kill(long group) {
    Set<Long> killed = new HashSet<>();
    boolean more = true;
    while (more) {
      more = false;
      try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
        for (Path process : processes) {
          long pid = Long.parseLong(process.getFileName().toString());
          if (isIn(process, group) && killed.add(pid)) {
            more = true;
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException("/proc must be mounted", e);
      }
    }
  }

  private static boolean isIn(Path process, long group) {
    try {
      String stat =
          Files.readString(process.resolve("stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", GROUP + 2);
      return fields[GROUP].equals(Long.toString(group));
    } catch (IOException e) {
      // It has ended meanwhile.
      return false;
    }
  }
}
