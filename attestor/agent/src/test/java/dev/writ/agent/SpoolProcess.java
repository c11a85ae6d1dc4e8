// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** A process that reserves a place in a spool, says what it got, and lives until it is told to end. */
final class SpoolProcess implements AutoCloseable {
  private final Process process;
  private final String got;

  private SpoolProcess(Process process, String got) {
    this.process = process;
    this.got = got;
  }

  /** One under bash's {@code ulimit} with these options. */
  static SpoolProcess start(String ulimit, Path folder, int places) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "ulimit " + ulimit + " && exec \"$@\"", "-"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:-UsePerfData",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            SpoolProcess.class.getName(),
            folder.toString(),
            Integer.toString(places)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    return new SpoolProcess(process, String.valueOf(lines.readLine()));
  }

  /** What it got, as {@link #main} prints it. */
  String got() {
    return got;
  }

  /** Kills it, without a chance to give anything back. */
  @Override
  public void close() {
    Process ignored = process.destroyForcibly().onExit().join();
  }

  /** Takes the folder and the number of places. */
  public static void main(String[] arguments) throws IOException {
    String got;
    try {
      OutcomeSpool spool =
          OutcomeSpool.open(
              Path.of(arguments[0]),
              Integer.parseInt(arguments[1]),
              InstantSource.system(),
              new SecureRandom());
      got = spool.reserve().getClass().getSimpleName();
    } catch (IOException e) {
      got = "refused: " + e.getMessage();
    }
    System.out.println(got);
    long ignored = System.in.transferTo(OutputStream.nullOutputStream());
  }
}
