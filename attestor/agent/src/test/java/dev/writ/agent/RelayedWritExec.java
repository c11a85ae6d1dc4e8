// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.Execution.Preparation;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The real writ-exec, whose "JVM" is a shell that hands what it says to the test and back: so the test is
 * the JVM that writ-exec obeys, and need not start one of its own.
 */
final class RelayedWritExec implements AutoCloseable {
  /** Whoever runs the tests may have signals ignored, as a shell has for what it puts in the background. */
  private static final List<String> DEFAULT_SIGNALS = List.of("env", "--default-signal");

  static final Path BINARY = Path.of("target/writ-exec").toAbsolutePath();

  /** Arguments: a FIFO with commands, one for answers. Ends when the commands end. */
  private static final String RELAY =
      """
      r=${WRIT_EXEC_PIPES%,*}; w=${WRIT_EXEC_PIPES#*,}
      /bin/cat "$1" >/proc/self/fd/$w & to=$!
      /bin/cat </proc/self/fd/$r >"$2" & from=$!
      wait $to; kill $from; exit 0
      """;

  private final Process process;
  private final Path folder;
  private final WritExec exec;

  private RelayedWritExec(Process process, Path folder, WritExec exec) {
    this.process = process;
    this.folder = folder;
    this.exec = exec;
  }

  /** Starts one whose output goes to files of the folder, with this environment alone. */
  static RelayedWritExec start(Path folder, Map<String, String> environment) throws Exception {
    return start(folder, environment, DEFAULT_SIGNALS);
  }

  /**
   * Starts one.
   *
   * @param around a command that starts the command that follows it, or nothing
   */
  static RelayedWritExec start(Path folder, Map<String, String> environment, List<String> around)
      throws Exception {
    Path commands = fifo(folder.resolve("commands"));
    Path answers = fifo(folder.resolve("answers"));
    List<String> command = new ArrayList<>(around);
    command.addAll(
        List.of(
            "/bin/sh",
            "-c",
            "echo $$ >\"$1\"; shift; exec \"$@\"",
            "sh",
            folder.resolve("pid").toString(),
            BINARY.toString(),
            "/bin/sh",
            "-c",
            RELAY,
            "relay",
            commands.toString(),
            answers.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    // Opened in the order in which both ends wait for each other.
    FileOutputStream to = new FileOutputStream(commands.toFile());
    FileInputStream from = new FileInputStream(answers.toFile());
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    return new RelayedWritExec(process, folder, new WritExec(pid, from, to));
  }

  private static Path fifo(Path path) throws Exception {
    Files.deleteIfExists(path);
    if (new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor() != 0) {
      throw new IOException("mkfifo " + path);
    }
    return path;
  }

  WritExec exec() {
    return exec;
  }

  Process process() {
    return process;
  }

  String out() throws IOException {
    return Files.readString(folder.resolve("out"), StandardCharsets.ISO_8859_1);
  }

  String err() throws IOException {
    return Files.readString(folder.resolve("err"), StandardCharsets.ISO_8859_1);
  }

  Preparation prepare(String... command) {
    return prepare(List.of(command), List.of());
  }

  Preparation prepare(List<String> command, List<String> variables) {
    return Execution.prepare(
        exec,
        new ExecRequest(
            command.stream().map(argument -> argument.getBytes(StandardCharsets.UTF_8)).toList(),
            variables,
            List.of(),
            "t",
            "w"));
  }

  Execution bound(String... command) {
    Preparation preparation = prepare(command);
    if (preparation instanceof Preparation.Bound bound) {
      return bound.execution();
    }
    throw new AssertionError(preparation.toString());
  }

  WritExec.Response begin(Execution execution) throws IOException {
    return execution.start(exec);
  }

  /** Starts it, and returns its process. */
  long started(Execution execution) throws IOException {
    WritExec.Response answer = begin(execution);
    if (answer instanceof WritExec.Response.Started started) {
      return started.pid();
    }
    throw new AssertionError(answer.toString());
  }

  Ending run(String... command) throws IOException {
    long unused = started(bound(command));
    return exec.awaitEnd();
  }

  @Override
  public void close() throws IOException {
    try {
      exec.close();
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IOException("writ-exec must end with its JVM, and goes on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      Process unused = process.destroyForcibly();
    }
  }
}
