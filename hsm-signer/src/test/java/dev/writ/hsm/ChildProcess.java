// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a program to its end and gives what it printed. */
final class ChildProcess {
  private ChildProcess() {}

  @CanIgnoreReturnValue
  static String run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(command.get(0) + " ended with status " + status + ": " + output);
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  /** {@link TokenProbe} in a JVM like this one, after the words of {@code wrapper}. */
  static String probe(Map<String, String> environment, List<String> wrapper, String... arguments)
      throws IOException, InterruptedException {
    return probe(
        environment,
        wrapper,
        List.of(
            "-XX:-UsePerfData",
            "--add-modules=jdk.crypto.cryptoki",
            "--add-exports=jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED"),
        arguments);
  }

  static String probe(
      Map<String, String> environment,
      List<String> wrapper,
      List<String> options,
      String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(TokenProbe.class.getName());
    command.addAll(List.of(arguments));
    return run(environment, command);
  }
}
