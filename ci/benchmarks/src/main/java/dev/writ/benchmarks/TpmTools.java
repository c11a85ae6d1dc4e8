// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Programs of tpm2-tools, one after the other, each in a process of its own that must end well. What
 * they print goes nowhere.
 */
final class TpmTools implements Contender.Operation {
  private final List<List<String>> commands;
  private final Path errors;

  /**
   * Commands.
   *
   * @param errors the file that gets what the last of them complains of
   */
  TpmTools(List<List<String>> commands, Path errors) {
    this.commands = List.copyOf(commands);
    this.errors = errors;
  }

  @Override
  public void once() throws IOException, InterruptedException {
    for (List<String> command : commands) {
      int status =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(errors.toFile())
              .start()
              .waitFor();
      if (status != 0) {
        throw new IOException(
            String.format(
                "%s must end with status 0, was %d:%n%s",
                command, status, Files.readString(errors)));
      }
    }
  }
}
