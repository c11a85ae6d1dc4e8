// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A command that holds a program, in a process of its own and started as the launcher starts it: by
 * writ-exec.
 */
final class WritProcess {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern DENIED = Pattern.compile("\\bdenied: ([a-z_]+):");

  private final Path folder;
  private List<String> command;
  private final Map<String, Optional<String>> environment = new HashMap<>();
  private Path cwd;

  private WritProcess(Path folder, List<String> command) {
    this.folder = folder;
    this.command = command;
    this.cwd = folder;
  }

  /**
   * A process that is not started yet.
   *
   * @param folder for what it prints and unpacks; its working directory too
   */
  static WritProcess of(Path folder, List<String> arguments) throws CommandFailure {
    return ofCommand(folder, JavaCommand.ofWritExec(folder, arguments));
  }

  /** The same by another command line. */
  static WritProcess ofCommand(Path folder, List<String> command) {
    return new WritProcess(folder, command);
  }

  @CanIgnoreReturnValue
  WritProcess with(String variable, String value) {
    environment.put(variable, Optional.of(value));
    return this;
  }

  @CanIgnoreReturnValue
  WritProcess without(String variable) {
    environment.put(variable, Optional.empty());
    return this;
  }

  @CanIgnoreReturnValue
  WritProcess in(Path directory) {
    cwd = directory;
    return this;
  }

  /** Has a shell script start it, which has the command as its arguments. */
  @CanIgnoreReturnValue
  WritProcess by(String script) {
    List<String> shell = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
    shell.addAll(command);
    command = shell;
    return this;
  }

  /** Its command line, for a shell. */
  String quoted() {
    return command.stream()
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }

  /**
   * A process that runs.
   *
   * @param process writ-exec's, or a shell's
   */
  record Running(Process process, Path out, Path err) {
    /** Its end. */
    Ended await() throws IOException, InterruptedException {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        throw new IOException("it must end, and does not: " + Files.readString(err));
      }
      return new Ended(process.exitValue(), read(out), read(err));
    }

    private static String read(Path file) throws IOException {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
  }

  /** How it ended, and what it printed. */
  record Ended(int status, String out, String err) {
    /** The code that it was denied with, or nothing. */
    String code() {
      Matcher denied = DENIED.matcher(err);
      return denied.find() ? denied.group(1) : "";
    }
  }

  Running start() throws IOException {
    Path out = Files.createTempFile(folder, "run-", ".out");
    Path err = Files.createTempFile(folder, "run-", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(cwd.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    environment.forEach(
        (name, value) -> {
          String ignored =
              value.isPresent()
                  ? builder.environment().put(name, value.get())
                  : builder.environment().remove(name);
        });
    return new Running(builder.start(), out, err);
  }

  Ended run() throws IOException, InterruptedException {
    return start().await();
  }
}
