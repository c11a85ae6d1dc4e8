// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.LedgerException;
import dev.writ.service.ServiceStartException;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The process that {@link DemoCommand} starts: arguments are the id of the process that starts it, the
 * demo's folder, the results' folder and the output format. It ends when that process has ended, and
 * then removes the folder itself.
 */
public final class DemoProcess {
  private static final String BUNDLE = "bundle.json";
  private static final String TRUST = "trust.json";

  private DemoProcess() {}

  /** SoftHSM's configuration inside the demo's folder, which must be in the environment. */
  static Path tokenConfiguration(Path folder) {
    return folder.resolve("token").resolve("softhsm2.conf");
  }

  /** Runs the demo and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    Path folder = Path.of(args[1]);
    endWith(Long.parseLong(args[0]), folder);
    System.exit(run(folder, Path.of(args[2]), OutputFormat.valueOf(args[3])));
  }

  private static void endWith(long parentId, Path folder) {
    Optional<ProcessHandle> parent =
        ProcessHandle.current().parent().filter(process -> process.pid() == parentId);
    if (parent.isEmpty()) {
      abandon(folder);
      return;
    }
    CompletableFuture<Void> unused = parent.get().onExit().thenRun(() -> abandon(folder));
  }

  private static void abandon(Path folder) {
    new TemporaryFolder(folder).close();
    Runtime.getRuntime().halt(ExitStatus.UNREACHABLE);
  }

  private static int run(Path folder, Path results, OutputFormat format) {
    DemoReport report = new DemoReport(System.out, format);
    try {
      // What an earlier demo left must not pass for what this one makes.
      Files.deleteIfExists(results.resolve(BUNDLE));
      Files.deleteIfExists(results.resolve(TRUST));
      Demo.Left left = new Demo(folder, report).run();
      report.end(
          moveTo(results.resolve(BUNDLE), left.bundle()),
          moveTo(results.resolve(TRUST), left.trust()));
      return report.allAsExpected() ? ExitStatus.DONE : ExitStatus.DENIED;
    } catch (DeniedException e) {
      report.endEarly();
      System.err.println("writ: " + e.getMessage());
      return ExitStatus.DENIED;
    } catch (IOException
        | HsmException
        | TpmException
        | LedgerException
        | ServiceStartException
        | AttestationFailedException e) {
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

  private static Path moveTo(Path place, Path file) throws IOException {
    return Files.move(file, place, StandardCopyOption.REPLACE_EXISTING);
  }
}
