// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import picocli.CommandLine;

/**
 * {@code writ serve} by a clock that a drill sets, in a process that it started for itself: arguments are
 * the clock's file and those of {@code serve}. Nothing that is configured starts a service so.
 */
public final class DrillServe {
  private DrillServe() {}

  /** Serves, and exits with an {@link ExitStatus}. */
  public static void main(String[] args) {
    SetClock clock = new SetClock(Path.of(args[0]));
    CommandLine serve = Main.explaining(new CommandLine(new ServeCommand(clock)));
    System.exit(serve.execute(List.of(args).subList(1, args.length).toArray(String[]::new)));
  }

  /**
   * This machine's clock, moved by as many milliseconds as its file says when it is looked at.
   *
   * @param file a decimal number
   */
  record SetClock(Path file) implements InstantSource {
    private static final InstantSource TRUE = Clock.systemUTC();

    /** Moves it, for every process that goes by it. */
    void set(Duration by) throws IOException {
      Path next =
          Files.writeString(
              file.resolveSibling(file.getFileName() + ".next"),
              Long.toString(by.toMillis()),
              StandardCharsets.US_ASCII);
      Path ignored = Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public long millis() {
      try {
        return TRUE.millis() + Long.parseLong(Files.readString(file, StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw new UncheckedIOException("the clock's file must be readable", e);
      }
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis());
    }
  }
}
