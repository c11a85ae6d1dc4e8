// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A process that opens a memory when it is told to, records one use, and prints what came of it. */
final class UsingProcess {
  private static final String READY = "ready";

  private UsingProcess() {}

  /** What many processes got that tried for the one use of an artifact at once. */
  static List<String> race(int processes, Path folder, UuidV7 jti, Instant end) throws IOException {
    List<Process> all = new ArrayList<>();
    List<String> outcomes = new ArrayList<>();
    try {
      for (int i = 0; i < processes; i++) {
        all.add(start(command(folder, jti, end)));
      }
      List<BufferedReader> answers = new ArrayList<>();
      for (Process process : all) {
        answers.add(process.inputReader(StandardCharsets.UTF_8));
      }
      for (BufferedReader answer : answers) {
        requireReady(answer);
      }
      for (Process process : all) {
        process.getOutputStream().close();
      }
      for (BufferedReader answer : answers) {
        outcomes.add(answer.readLine());
      }
      return outcomes;
    } finally {
      all.forEach(Process::destroyForcibly);
    }
  }

  /** What one got that can make no file longer than {@code kibibytes}. */
  static String underFileLimit(int kibibytes, Path folder, UuidV7 jti, Instant end)
      throws IOException {
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f " + kibibytes + " && exec \"$@\"", "-"));
    command.addAll(command(folder, jti, end));
    Process process = start(command);
    try (BufferedReader answer = process.inputReader(StandardCharsets.UTF_8)) {
      requireReady(answer);
      process.getOutputStream().close();
      return answer.readLine();
    } finally {
      process.destroyForcibly();
    }
  }

  private static List<String> command(Path folder, UuidV7 jti, Instant end) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:-UsePerfData",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        UsingProcess.class.getName(),
        folder.toString(),
        jti.toString(),
        end.toString());
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void requireReady(BufferedReader answer) throws IOException {
    String line = answer.readLine();
    if (!READY.equals(line)) {
      throw new AssertionError("the process must be ready, said " + line);
    }
  }

  /** Opens the memory only when its input ends, so that several begin it at once. */
  public static void main(String[] arguments) throws IOException {
    System.out.println(READY);
    long ignored = System.in.transferTo(OutputStream.nullOutputStream());
    Instant end = Instant.parse(arguments[2]);
    String outcome;
    try {
      SeenOnDisk seen = SeenOnDisk.open(Path.of(arguments[0]), () -> end);
      outcome = seen.recordUse(UuidV7.parse(arguments[1]), 1, end).name();
    } catch (IOException e) {
      outcome = "refused: " + e.getMessage();
    }
    System.out.println(outcome);
  }
}
