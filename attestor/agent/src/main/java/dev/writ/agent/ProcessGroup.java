// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process group, found by its number in /proc: the number is not given again while it has a member. */
final class ProcessGroup {
  /** The fields of /proc/PID/stat that follow the command's closing parenthesis: state, parent, group. */
  private static final int GROUP = 2;

  private ProcessGroup() {}

  /** Kills all that are in it. */
  static void kill(long group) {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        if (isIn(process, group)) {
          ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
              .ifPresent(ProcessHandle::destroyForcibly);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("/proc must be mounted", e);
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
