// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.artifact.DrillReport;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The process that {@link DrillCommand} starts for a deployment of its own: arguments are the deployment's
 * folder, the results' folder and the output format.
 */
public final class DrillProcess {
  static final String REPORT = "drill.json";
  static final String TRUST = "trust.json";

  private final Path folder;
  private final Path results;
  private final DrillPrinter printer;
  private final Drill drill;

  private DrillProcess(Path folder, Path results, DrillPrinter printer) {
    this.folder = folder;
    this.results = results;
    this.printer = printer;
    this.drill = new Drill(printer::tell);
  }

  /** Makes the drill and exits with its {@link ExitStatus}. */
  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    StarterWatch watch = StarterWatch.begin(folder);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    watch.end(
        new DrillProcess(
                folder, Path.of(args[1]), new DrillPrinter(out, OutputFormat.valueOf(args[2])))
            .run());
  }

  private int run() {
    try (DrillDemo demo = new DrillDemo(folder, drill)) {
      // What an earlier drill left must not pass for what this one found.
      Files.deleteIfExists(results.resolve(REPORT));
      Files.deleteIfExists(results.resolve(TRUST));
      DrillDemo.Left left = demo.run();
      Path file = Files.write(results.resolve(REPORT), left.logged().toJson());
      Path trust =
          Files.copy(left.trust(), results.resolve(TRUST), StandardCopyOption.REPLACE_EXISTING);
      DrillReport report = left.logged().drill().report();
      printer.end(report, Optional.of(new DrillPrinter.Kept(file, left.logged())));
      return report.ok() && Files.exists(trust) ? ExitStatus.DONE : ExitStatus.DENIED;
    } catch (CommandFailure e) {
      return failed(e, e.status());
    } catch (DeniedException e) {
      return failed(e, ExitStatus.DENIED);
    } catch (IOException | TpmException | AttestationFailedException e) {
      return failed(CommandFailure.configuration(e), ExitStatus.CONFIGURATION);
    } catch (Exception e) {
      printer.endEarly(drill.cases());
      System.err.println("writ: this is a bug, please report it:");
      e.printStackTrace();
      return ExitStatus.BUG;
    }
  }

  private int failed(Exception failure, int status) {
    printer.endEarly(drill.cases());
    System.err.println(
        "writ: the drill must come to its end, and does not: " + failure.getMessage());
    return status;
  }
}
