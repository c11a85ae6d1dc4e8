// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The process that {@link DemoCommand} starts: arguments are the demo's folder, the results' folder, the
 * output format, and whether the first service is to stay up. It ends when that process has ended, which
 * the end of its standard input tells, and removes the folder however it ends by itself. Services and
 * simulators die with this one.
 *
 * <p>With a service that stays up this process hands over once its story is told: it makes the file
 * {@link #KEPT} in the demo's folder, prints no more, and from then on only its own end ends the
 * service and removes the folder.
 */
public final class DemoProcess {
  /** Says that this process no longer ends with the one that started it. */
  static final String KEPT = "kept";

  private static final String BUNDLE = "bundle.json";
  private static final String TRUST = "trust.json";
  private static final int TURNS = 3;
  private static final long PAUSE_NANOS = 20_000_000;

  private final Path folder;
  private final Path results;
  private final DemoReport report;
  private final boolean keep;
  private final AtomicBoolean onItsOwn = new AtomicBoolean();

  private DemoProcess(Path folder, Path results, DemoReport report, boolean keep) {
    this.folder = folder;
    this.results = results;
    this.report = report;
    this.keep = keep;
  }

  /** Runs the demo and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    DemoProcess process =
        new DemoProcess(
            Path.of(args[0]),
            Path.of(args[1]),
            new DemoReport(System.out, OutputFormat.valueOf(args[2])),
            Boolean.parseBoolean(args[3]));
    Thread watch = new Thread(process::endWithStarter, "demo-starter");
    watch.setDaemon(true);
    watch.start();
    process.end(process.run());
  }

  /** Standard input is a pipe whose other end nobody but the starter has, and nobody writes to. */
  private void endWithStarter() {
    try {
      while (System.in.read() >= 0) {
        // Only its end counts.
      }
    } catch (IOException e) {
      // As good as its end.
    }
    synchronized (this) {
      if (!onItsOwn.get()) {
        removeFolder();
        Runtime.getRuntime().halt(ExitStatus.UNREACHABLE);
      }
    }
  }

  /** The story has ended, or could not go on: perhaps because its folder is being removed. */
  private synchronized void end(int status) {
    removeFolder();
    System.exit(status);
  }

  /** What a child or another thread makes while the folder is being removed goes with the next turn. */
  private void removeFolder() {
    for (int turn = 0; turn < TURNS; turn++) {
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
      orphans().forEach(ProcessHandle::destroyForcibly);
      new TemporaryFolder(folder).close();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /**
   * Simulators that {@code swtpm_setup} had just started when it was killed: nobody's descendants any
   * more, and waiting for a connection that does not come. They name this demo's folder.
   */
  private Stream<ProcessHandle> orphans() {
    return ProcessHandle.allProcesses().filter(process -> isSimulatorIn(process.info()));
  }

  private boolean isSimulatorIn(ProcessHandle.Info process) {
    return process.command().filter(command -> command.endsWith("/swtpm")).isPresent()
        && process.commandLine().filter(line -> line.contains(folder.toString())).isPresent();
  }

  private int run() {
    try (Demo demo = new Demo(folder, report)) {
      // What an earlier demo left must not pass for what this one makes.
      Files.deleteIfExists(results.resolve(BUNDLE));
      Files.deleteIfExists(results.resolve(TRUST));
      Demo.Left left = demo.run();
      Path bundle = moveTo(results.resolve(BUNDLE), left.bundle());
      Path trust =
          Files.copy(
              left.service().trustFile(),
              results.resolve(TRUST),
              StandardCopyOption.REPLACE_EXISTING);
      if (keep && report.allAsExpected()) {
        supervise(demo, left, bundle, trust);
        return ExitStatus.DONE;
      }
      report.end(bundle, trust, Optional.empty());
      return report.allAsExpected() ? ExitStatus.DONE : ExitStatus.DENIED;
    } catch (DeniedException e) {
      report.endEarly();
      System.err.println("writ: " + e.getMessage());
      return ExitStatus.DENIED;
    } catch (IOException | TpmException | AttestationFailedException e) {
      report.endEarly();
      CommandFailure failure = CommandFailure.configuration(e);
      System.err.println("writ: " + failure.getMessage());
      return failure.status();
    } catch (Exception e) {
      report.endEarly();
      System.err.println("writ: this is a bug, please report it:");
      e.printStackTrace();
      return ExitStatus.BUG;
    }
  }

  /** Hands over and waits for the service's end, which nothing but a signal or its failure brings. */
  private void supervise(Demo demo, Demo.Left left, Path bundle, Path trust)
      throws IOException, InterruptedException {
    Path request =
        Files.write(
            folder.resolve("request.json"),
            new RequestFile(Demo.request("a"), Optional.empty()).toJson());
    report.end(bundle, trust, Optional.of(kept(left, trust, request)));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  demo.close();
                  new TemporaryFolder(folder).close();
                },
                "demo-kept-ends"));
    onItsOwn.set(true);
    Files.createFile(folder.resolve(KEPT));
    // Whoever reads what this process printed shall come to its end.
    System.out.close();
    System.err.close();
    left.service().awaitEnd();
  }

  private DemoReport.Kept kept(Demo.Left left, Path trust, Path request) {
    List<String> onHostA =
        List.of(
            "--service",
            left.service().url().toString(),
            "--trust",
            trust.toString(),
            "--state",
            left.hostA().state().toString(),
            "--tpm",
            left.hostA().tcti());
    List<String> attest = new ArrayList<>(List.of("attest"));
    attest.addAll(onHostA);
    attest.addAll(List.of("--request", request.toString()));
    List<String> run = new ArrayList<>(List.of(RunCommand.NAME));
    run.addAll(onHostA);
    run.addAll(
        List.of(
            "--tenant", DemoService.TENANT, "--workload", DemoExecutions.WORKLOAD, "--", "date"));
    return new DemoReport.Kept(
        left.service().url(), left.service().socket(), attest, run, ProcessHandle.current().pid());
  }

  private static Path moveTo(Path place, Path file) throws IOException {
    return Files.move(file, place, StandardCopyOption.REPLACE_EXISTING);
  }
}
