// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that says on its standard output what it has done, until SIGKILL reaches it. */
final class KilledJvm implements AutoCloseable {
  private static final String WHOLE = " .";

  private final Process process;
  private final BufferedReader lines;
  private boolean killed;

  private KilledJvm(Process process) {
    this.process = process;
    this.lines = process.inputReader(StandardCharsets.US_ASCII);
  }

  static KilledJvm start(Class<?> main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
    command.addAll(List.of(arguments));
    return new KilledJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start());
  }

  long pid() {
    return process.pid();
  }

  /** Takes a line that ends as a whole one does. */
  @FunctionalInterface
  interface Line {
    void take(String line) throws Exception;
  }

  /** Reads what it says to its end; a line that the kill cut off is none. */
  void read(Line each) throws Exception {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.endsWith(WHOLE)) {
        each.take(line);
      }
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("killed by signal 9").isEqualTo(128 + 9);
  }

  /** SIGKILL; not through Process, which would close the pipe on lines that are in it. */
  void kill() {
    if (!killed) {
      assertThat(process.toHandle().destroyForcibly()).isTrue();
      killed = true;
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    lines.close();
  }
}
