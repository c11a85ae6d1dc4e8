// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process with a folder of its own, made by this one. Ends the process and removes its folder, once,
 * whether it came to its end or this process is being interrupted at any moment. What is to be ended is made
 * under the same lock. The process does the same for this one, by its {@link StarterWatch}.
 */
final class FolderProcess extends Thread {
  private static final long SECONDS_TO_STOP = 10;
  private static final long POLL_MILLIS = 20;

  private final String prefix;

  @GuardedBy("this")
  private @Nullable TemporaryFolder folder;

  @GuardedBy("this")
  private @Nullable Process process;

  @GuardedBy("this")
  private boolean ended;

  /** How the process is to be started, in a folder. */
  interface Start {
    ProcessBuilder in(TemporaryFolder folder) throws IOException;
  }

  private FolderProcess(String prefix) {
    super("interrupted");
    this.prefix = prefix;
  }

  /**
   * Runs a process to its end, or until it has taken over.
   *
   * @param prefix of its folder's name
   * @param command its standard input is a pipe that this process holds open: its end is this process's end
   * @return its exit status; {@link ExitStatus#DONE} where it has taken over
   */
  static int run(String prefix, Start command) throws IOException {
    FolderProcess here = new FolderProcess(prefix);
    Runtime.getRuntime().addShutdownHook(here);
    Optional<Process> started = here.begin(command);
    try {
      int status = started.isPresent() ? here.await(started.get()) : ExitStatus.BUG;
      here.end();
      return status;
    } catch (InterruptedException e) {
      here.end();
      Thread.currentThread().interrupt();
      return ExitStatus.BUG;
    }
  }

  /** The running process; nothing if the interruption came first. */
  private synchronized Optional<Process> begin(Start command) throws IOException {
    if (ended) {
      return Optional.empty();
    }
    TemporaryFolder made = TemporaryFolder.create(prefix);
    folder = made;
    Process started =
        command
            .in(made)
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process = started;
    return Optional.of(started);
  }

  /** Its exit status; one that goes on by itself is done as far as this process is concerned. */
  private int await(Process started) throws InterruptedException {
    while (!started.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      if (letGo()) {
        return ExitStatus.DONE;
      }
    }
    return started.exitValue();
  }

  /** Whether the process has taken over, so that it and its folder are no more this one's. */
  private synchronized boolean letGo() {
    if (folder != null && Files.exists(folder.path().resolve(StarterWatch.KEPT))) {
      process = null;
      folder = null;
      return true;
    }
    return false;
  }

  private synchronized void end() {
    ended = true;
    boolean unused = letGo();
    if (process != null) {
      endProcess(process);
      process = null;
    }
    if (folder != null) {
      folder.close();
      folder = null;
    }
  }

  @Override
  public void run() {
    end();
  }

  private static void endProcess(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
