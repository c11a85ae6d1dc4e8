// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code writ demo}: the whole path on real parts, in a process of its own.
 *
 * <p>SoftHSM reads {@code SOFTHSM2_CONF} from the environment that a process starts with, and the
 * demo's token must not be the user's. So this command makes the folder and the configuration, starts
 * {@link DemoProcess} under it, and removes the folder when that process has ended, however it ended.
 */
@Command(
    name = "demo",
    description = {
      "Shows the whole path on real parts: a SoftHSM token, two swtpm hosts, a ledger on disk.",
      "Leaves the proof bundle and the trust file behind, nothing else."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final long SECONDS_TO_STOP = 10;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where bundle and trust file are left (default: target/demo).")
  @Nullable Path out;

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
      int status = demo.isPresent() ? demo.get().waitFor() : ExitStatus.BUG;
      interruption.end();
      return status;
    } catch (InterruptedException e) {
      interruption.end();
      Thread.currentThread().interrupt();
      return ExitStatus.BUG;
    }
  }

  private ProcessBuilder command(Path folder, Path results) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(DemoProcess.class.getName());
    command.add(Long.toString(ProcessHandle.current().pid()));
    command.add(folder.toString());
    command.add(results.toString());
    command.add(output.name());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SOFTHSM2_CONF", DemoProcess.tokenConfiguration(folder).toString());
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    return builder;
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
    synchronized Optional<Process> start(Function<Path, ProcessBuilder> command)
        throws IOException {
      if (ended) {
        return Optional.empty();
      }
      TemporaryFolder made = TemporaryFolder.create("writ-demo-");
      folder = made;
      Process started = command.apply(made.path()).start();
      demo = started;
      return Optional.of(started);
    }

    synchronized void end() {
      ended = true;
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
