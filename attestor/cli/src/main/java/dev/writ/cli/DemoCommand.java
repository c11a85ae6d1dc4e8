// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code writ demo}: the whole path on real parts, in a process of its own.
 *
 * <p>This command makes the demo's folder, starts {@link DemoProcess} in it, and removes the folder when
 * that process has ended, however it ended; that process does the same for this one. So neither of the
 * two can be killed alone and leave anything.
 */
@Command(
    name = "demo",
    description = {
      "Shows the whole path on real parts: services in processes of their own, each with a SoftHSM",
      "token and a ledger on disk, and hosts with a TPM simulator each.",
      "Leaves the proof bundle and the trust file behind, nothing else."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final long SECONDS_TO_STOP = 10;
  private static final long POLL_MILLIS = 20;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where bundle and trust file are left (default: target/demo).")
  @Nullable Path out;

  @Option(
      names = "--keep",
      description = "Leaves the first service up, and one host with it; says how to end both.")
  boolean keep;

  @Override
  public Integer call() throws CommandFailure {
    Path results = (out == null ? defaultResults() : out).toAbsolutePath().normalize();
    try {
      Files.createDirectories(results);
      return runUnder(results);
    } catch (IOException e) {
      throw CommandFailure.configuration("the demo's folders must be writable", e);
    }
  }

  private static Path defaultResults() {
    return Path.of(System.getProperty("writ.home", ""), "target", "demo");
  }

  private int runUnder(Path results) throws IOException {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption);
    Optional<Process> demo = interruption.start(folder -> command(folder, results));
    try {
      int status = demo.isPresent() ? await(demo.get(), interruption) : ExitStatus.BUG;
      interruption.end();
      return status;
    } catch (InterruptedException e) {
      interruption.end();
      Thread.currentThread().interrupt();
      return ExitStatus.BUG;
    }
  }

  /** Its exit status; one that goes on by itself is done as far as this process is concerned. */
  private int await(Process demo, Interruption interruption) throws InterruptedException {
    if (!keep) {
      return demo.waitFor();
    }
    while (!demo.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      if (interruption.letGo()) {
        return ExitStatus.DONE;
      }
    }
    return demo.exitValue();
  }

  private ProcessBuilder command(Path folder, Path results) throws IOException {
    List<String> command = new ArrayList<>();
    if (keep) {
      // A session of its own: the terminal's signals are not for what stays.
      command.add("setsid");
    }
    command.addAll(
        JavaCommand.of(
            Files.createDirectory(folder.resolve("tmp")),
            DemoProcess.class,
            List.of(folder.toString(), results.toString(), output.name(), Boolean.toString(keep))));
    // Its standard input is a pipe that this process holds open: its end is this process's end.
    return new ProcessBuilder(command)
        .redirectInput(ProcessBuilder.Redirect.PIPE)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /** How the demo's process is to be started, in a folder. */
  private interface Start {
    ProcessBuilder in(Path folder) throws IOException;
  }

  /**
   * Ends the demo's process and removes its folder, once, whether the demo came to its end or this
   * process is being interrupted at any moment. What is to be ended is made under the same lock.
   */
  private static final class Interruption extends Thread {
    @GuardedBy("this")
    private @Nullable TemporaryFolder folder;

    @GuardedBy("this")
    private @Nullable Process demo;

    @GuardedBy("this")
    private boolean ended;

    Interruption() {
      super("demo-interrupted");
    }

    /** The running process; nothing if the interruption came first. */
    synchronized Optional<Process> start(Start command) throws IOException {
      if (ended) {
        return Optional.empty();
      }
      TemporaryFolder made = TemporaryFolder.create("writ-demo-");
      folder = made;
      Process started = command.in(made.path()).start();
      demo = started;
      return Optional.of(started);
    }

    /** Whether the demo's process has taken over, so that it and its folder are no more this one's. */
    synchronized boolean letGo() {
      if (folder != null && Files.exists(folder.path().resolve(DemoProcess.KEPT))) {
        demo = null;
        folder = null;
        return true;
      }
      return false;
    }

    synchronized void end() {
      ended = true;
      boolean unused = letGo();
      if (demo != null) {
        endProcess(demo);
        demo = null;
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
  }

  private static void endProcess(Process demo) {
    demo.destroy();
    try {
      if (!demo.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        demo.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      demo.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
