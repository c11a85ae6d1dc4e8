// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import picocli.CommandLine.Option;

/** Whether a person who is to sign says yes. */
final class Confirmation {
  /** Not standard input, which may be a pipe of whatever. */
  private static final Path TERMINAL = Path.of("/dev/tty");

  @Option(names = "--yes", description = "Signs without asking; for where there is no terminal.")
  boolean yes;

  /** Lets a person say yes, who has read what stands before. */
  void ask() throws CommandFailure {
    if (yes) {
      return;
    }
    try (BufferedReader answers = Files.newBufferedReader(TERMINAL, StandardCharsets.US_ASCII)) {
      Files.writeString(
          TERMINAL, "Sign this? Type yes: ", StandardCharsets.US_ASCII, StandardOpenOption.WRITE);
      if (!"yes".equals(answers.readLine())) {
        throw CommandFailure.invalid("nothing was signed");
      }
    } catch (IOException e) {
      throw CommandFailure.usage(
          "--yes must be given where there is no terminal to ask at; nothing was signed");
    }
  }
}
