// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.MalformedDrillReportException;
import dev.writ.artifact.TrustFile;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ drill}: makes each denial happen for real, and says whether it came. */
@Command(
    name = "drill",
    description = {
      "Makes denials happen for real, at the service, at the verifier of gateways and at writ run: a case",
      "passes where exactly its code comes, nothing runs, the ledger has the leaf where there has to be one,",
      "and the same thing unspoiled is allowed.",
      "With --demo on a deployment of its own, with all faults; else on a service in use, with those that",
      "harm nobody. An operator's key signs the report, and the ledger takes it."
    },
    footer = {
      "",
      "Exit: 0 every case that was tried passed; 1 one did not, or a report does not hold; 2 usage;",
      "3 configuration, or another drill of this host is under way; 4 the service does not answer;",
      "5 what the service shows contradicts its ledger."
    },
    mixinStandardHelpOptions = true)
final class DrillCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--demo",
      description = "On a deployment of its own, which is removed afterwards.")
  boolean demo;

  @Option(
      names = "--verify",
      paramLabel = "REPORT",
      description = {
        "Makes no drill: says whether a report holds under --trust: signed by an operator, and in the",
        "ledger, by the proof in it. Asks nobody."
      })
  @Nullable Path report;

  @Option(
      names = "--max-age",
      paramLabel = "HOURS",
      description = "With --verify: how many hours ago the drill may have ended.")
  @Nullable Integer maxAge;

  @Option(
      names = "--out",
      paramLabel = "PATH",
      description = {
        "Where the report goes: a folder with --demo, which leaves drill.json and trust.json (default:",
        "target/drill); else a file, where --operator-key is given."
      })
  @Nullable Path out;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Mixin DrillSiteOptions options = new DrillSiteOptions();

  @Override
  public Integer call() throws CommandFailure {
    if (demo && report != null) {
      throw CommandFailure.usage("only one of --demo and --verify may be given");
    }
    if (maxAge != null && (report == null || maxAge < 1)) {
      throw CommandFailure.usage("--max-age must be at least 1, and with --verify");
    }
    if (report != null) {
      return verify(report);
    }
    return demo ? ofItsOwn() : inUse();
  }

  private int ofItsOwn() throws CommandFailure {
    Path results =
        (out == null ? Path.of(System.getProperty("writ.home", ""), "target", "drill") : out)
            .toAbsolutePath()
            .normalize();
    try {
      Files.createDirectories(results);
      return FolderProcess.run(
          "writ-drill-",
          folder ->
              new ProcessBuilder(
                  JavaCommand.of(
                      Files.createDirectory(folder.path().resolve("tmp")),
                      DrillProcess.class,
                      List.of(folder.path().toString(), results.toString(), output.name()))));
    } catch (IOException e) {
      throw CommandFailure.configuration("the drill's folders must be writable", e);
    }
  }

  private int inUse() throws CommandFailure {
    if ((options.operatorKey == null) != (out == null)) {
      throw CommandFailure.usage(
          "--operator-key and --out go together: a report that is signed is kept");
    }
    DrillPrinter printer = new DrillPrinter(spec.commandLine().getOut(), output);
    Drill drill = new Drill(printer::tell);
    try (FileChannel lock = options.lock();
        TemporaryFolder folder = TemporaryFolder.create("writ-drill-")) {
      Files.createDirectory(folder.path().resolve("tmp"));
      Instant began = Clock.systemUTC().instant();
      DrillSite site = options.site(folder.path());
      tell(site, drill);
      DrillReport found = DrillRounds.report(site, false, began, drill);
      printer.end(found, logged(found, site));
      return found.ok() && lock.isOpen() ? ExitStatus.DONE : ExitStatus.DENIED;
    } catch (CommandFailure e) {
      printer.endEarly(drill.cases());
      throw e;
    } catch (DeniedException e) {
      printer.endEarly(drill.cases());
      throw CommandFailure.invalid(
          "what is not spoiled must be allowed, and is not: " + e.getMessage());
    } catch (TpmException | AttestationFailedException e) {
      throw CommandFailure.configuration(e);
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service must answer, and does not", e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("bug: a drill failed otherwise than it may", e);
    }
  }

  private static void tell(DrillSite site, Drill drill) throws Exception {
    StateFolder state = site.host().withKey();
    DrillRounds rounds = new DrillRounds(site, drill, state);
    RunFaults.Bundles bundles = rounds.asked((attester, requests) -> {});
    RunFaults unused = rounds.run(bundles);
    DemoFaults.needed(drill);
  }

  private Optional<DrillPrinter.Kept> logged(DrillReport found, DrillSite site)
      throws CommandFailure, IOException {
    if (options.operatorKey == null || out == null) {
      return Optional.empty();
    }
    try (OperatorKey key = OperatorKey.named(options.operatorKey)) {
      LoggedDrill logged =
          DrillLogging.log(found, key, site.operator().orElseThrow(), site.trust(), site.clock());
      return Optional.of(new DrillPrinter.Kept(Files.write(out, logged.toJson()), logged));
    }
  }

  private int verify(Path file) throws CommandFailure {
    Instant now = Clock.systemUTC().instant();
    TrustFile trust = options.believed().newest();
    LoggedDrill logged;
    try {
      logged = LoggedDrill.parse(BoundedFile.read(file, LoggedDrill.MAX_BYTES));
    } catch (IOException | MalformedDrillReportException e) {
      throw CommandFailure.configuration("the report " + file, e);
    }
    LoggedDrill.Outcome outcome = logged.judge(trust, now);
    if (outcome instanceof LoggedDrill.Outcome.Refused refused) {
      throw CommandFailure.invalid(refused.reason());
    }
    LoggedDrill.Outcome.Holds holds = (LoggedDrill.Outcome.Holds) outcome;
    DrillReport found = logged.drill().report();
    boolean late = maxAge != null && logged.age(now).compareTo(Duration.ofHours(maxAge)) > 0;
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("holds", true);
    facts.put("digest", found.digest().hex());
    facts.put("operator", Thumbprint.text(logged.drill().signature().kid()));
    facts.put("leaf_index", holds.index());
    facts.put("time", holds.leaf().time());
    facts.put("ended", found.ended());
    facts.put("age_s", logged.age(now).toSeconds());
    facts.put("demo", found.demo());
    facts.put("cases", found.cases().size());
    facts.put("drill_ok", found.ok());
    facts.put("ok", found.ok() && !late);
    new Printer(spec.commandLine().getOut(), output).print(facts);
    if (late) {
      spec.commandLine()
          .getErr()
          .println("writ: the drill must have ended within " + maxAge + " hours, and has not");
    }
    return found.ok() && !late ? ExitStatus.DONE : ExitStatus.DENIED;
  }
}
