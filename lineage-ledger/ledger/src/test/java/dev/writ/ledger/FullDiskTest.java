// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk without room, a real one: a tmpfs of a few MiB in a mount namespace of the child's own. Entries
 * and jobs are unavailable with SQLite's code, and go on by themselves once there is room.
 */
class FullDiskTest {
  @TempDir Path folder;

  @Test
  @Timeout(120)
  void fullDisk_isUnavailableUntilThereIsRoomAndKeepsAllOrNothing() throws Exception {
    assumeThat(run("true")).as("user namespaces").isEmpty();
    String child =
        String.join(
            " ",
            quoted(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
            "-cp",
            quoted(
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path"))),
            DiskFiller.class.getName(),
            quoted(folder.toString()));
    assertThat(run("mount -t tmpfs -o size=8m tmpfs " + quoted(folder.toString()) + " && " + child))
        .matches("held \\d+\\n");
  }

  private static String quoted(String word) {
    return "'" + word + "'";
  }

  /** What a command prints in namespaces of its own; all it says where it fails. */
  private static String run(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(List.of("unshare", "-Urm", "sh", "-c", command))
            .redirectErrorStream(true)
            .start();
    try (var out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      return status == 0 ? said : "exit " + status + ": " + said;
    }
  }
}
