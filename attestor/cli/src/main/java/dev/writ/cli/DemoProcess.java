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

/**
 * The process that {@link DemoCommand} starts: arguments are the demo's folder, the results' folder, the
 * output format, and whether the first service is to stay up.
 *
 * <p>With a service that stays up this process takes over once its story is told: it prints no more, and
 * from then on only its own end ends the service and removes the folder.
 */
public final class DemoProcess {
  private static final String BUNDLE = "bundle.json";
  private static final String TRUST = "trust.json";

  private final Path folder;
  private final Path results;
  private final DemoReport report;
  private final boolean keep;
  private final StarterWatch watch;

  private DemoProcess(Path folder, Path results, DemoReport report, boolean keep) {
    this.folder = folder;
    this.results = results;
    this.report = report;
    this.keep = keep;
    this.watch = StarterWatch.begin(folder);
  }

  /** Runs the demo and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    DemoProcess process =
        new DemoProcess(
            Path.of(args[0]),
            Path.of(args[1]),
            new DemoReport(System.out, OutputFormat.valueOf(args[2])),
            Boolean.parseBoolean(args[3]));
    process.watch.end(process.run());
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
    watch.takeOver();
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
        left.service().url(),
        left.service().socket(),
        attest,
        run,
        left.service().policyPlaces(),
        ProcessHandle.current().pid());
  }

  private static Path moveTo(Path place, Path file) throws IOException {
    return Files.move(file, place, StandardCopyOption.REPLACE_EXISTING);
  }
}
