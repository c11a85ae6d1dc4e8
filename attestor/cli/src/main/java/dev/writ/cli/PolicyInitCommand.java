// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy init}: a document to start from. */
@Command(
    name = "init",
    description = {
      "Writes a whole policy with comments into a new file, as YAML, for you to change: it passes lint,",
      "test and cover, is in force from today, and ends a year later."
    },
    mixinStandardHelpOptions = true)
final class PolicyInitCommand implements Callable<Integer> {
  private static final String EXAMPLE = "/starting-policy.yaml";
  private static final String FROM = "effective_from: \"2026-11-01T";
  private static final String UNTIL = "expires: \"2027-11-01T";

  private final Clock clock = Clock.systemUTC();

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "Where to write it; must not exist.")
  Path file = Path.of("");

  @Override
  public Integer call() throws CommandFailure {
    String policy = beginning(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
    try {
      Files.writeString(file, policy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw CommandFailure.configuration(file + " must not exist yet, and does");
    } catch (IOException e) {
      throw CommandFailure.configuration("the new policy " + file, e);
    }
    spec.commandLine()
        .getErr()
        .println("writ: wrote " + file + "; change it, then: writ policy lint " + file);
    spec.commandLine().getErr().flush();
    return ExitStatus.DONE;
  }

  /** The example of the documentation, in force from {@code today}. */
  private static String beginning(LocalDate today) {
    try (InputStream in = PolicyInitCommand.class.getResourceAsStream(EXAMPLE)) {
      if (in == null) {
        throw new IllegalStateException("bug: the jar must hold " + EXAMPLE + ", and does not");
      }
      String example = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      if (!example.contains(FROM) || !example.contains(UNTIL)) {
        throw new IllegalStateException("bug: " + EXAMPLE + " has other times than are replaced");
      }
      return example
          .replace(FROM, "effective_from: \"" + today + "T")
          .replace(UNTIL, "expires: \"" + today.plusYears(1) + "T");
    } catch (IOException e) {
      throw new IllegalStateException("bug: the jar's " + EXAMPLE + " cannot be read", e);
    }
  }
}
