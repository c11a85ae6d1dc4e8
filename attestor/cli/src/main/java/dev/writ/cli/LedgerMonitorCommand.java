// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger monitor}: follows a log and alarms. */
@Command(
    name = "monitor",
    description = {
      "Follows a log from the last checkpoint that it verified, which it keeps, and alarms where the log",
      "forked, shrank, contradicts itself, has a leaf of a kind that is not known, a key was used where it",
      "may not be, or nothing came for too long. Goes on until it is ended; with --once it looks once and exits with 5 on an alarm."
    },
    mixinStandardHelpOptions = true)
final class LedgerMonitorCommand implements Callable<Integer> {
  private static final String CONTRADICTION = ".contradiction";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @Option(
      names = "--state",
      required = true,
      paramLabel = "FILE",
      description = {
        "Where the last verified checkpoint is kept; made at the first look. The first checkpoint that",
        "contradicts it is kept beside it, as FILE.contradiction."
      })
  Path file = Path.of("");

  @Option(names = "--once", description = "Looks once, catching up with all that came since.")
  boolean once;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How often to look (default: ${DEFAULT-VALUE}).")
  int interval = 10;

  @Option(
      names = "--max-age",
      paramLabel = "TIME",
      converter = EnrolCommand.TimeConverter.class,
      description = {
        "Alarm where the newest leaf, or the newest cosignature of a log that witnesses cosign, is older,",
        "such as 30m, 1h, 7d: longer than the log is ever quiet (default: never)."
      })
  @Nullable Duration maxAge;

  @Option(
      names = {"-o", "--output"},
      description =
          "How to print: ${COMPLETION-CANDIDATES}, one object a line (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (interval < 1) {
      throw CommandFailure.usage("--interval must be 1 or more, was " + interval);
    }
    LogBelief belief = options.belief();
    LogMonitor monitor =
        new LogMonitor(
            options.log(belief),
            belief,
            MonitorState.read(file),
            Optional.ofNullable(maxAge),
            state -> state.write(file));
    if (once) {
      return look(monitor);
    }
    Instant reached = options.now();
    boolean seen = false;
    do {
      try {
        int unused = look(monitor);
        reached = options.now();
        seen = true;
      } catch (CommandFailure e) {
        if (e.status() != ExitStatus.UNREACHABLE) {
          throw e;
        }
        print("unreachable", monitor, Map.of("seconds_unreached", seconds(reached)));
        if (seen) {
          monitor.overdue(options.now()).ifPresent(this::tell);
        }
        spec.commandLine().getErr().println("writ: " + e.getMessage());
      }
    } while (Pause.of(Duration.ofSeconds(interval)));
    return ExitStatus.DONE;
  }

  private long seconds(Instant since) {
    return Math.max(0, Duration.between(since, options.now()).toSeconds());
  }

  private int look(LogMonitor monitor) throws CommandFailure {
    Instant now = options.now();
    LogMonitor.Look look;
    try {
      // What is told must not be forgotten, and was kept: a fork is seen by whoever remembers.
      look = monitor.look(now);
    } catch (IOException e) {
      throw options.isFolder()
          ? CommandFailure.configuration("the log's folder", e)
          : CommandFailure.unreachable("the log's server", e);
    }
    if (look.contradiction().isPresent()) {
      keep(look.contradiction().get());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("size", look.size());
    facts.put("entries_behind", look.entriesBehind());
    facts.put("seconds_behind", look.behind().toSeconds());
    look.newestLeaf().ifPresent(time -> facts.put("leaf_age_seconds", age(time, now)));
    look.newestCosignature()
        .ifPresent(time -> facts.put("cosignature_age_seconds", age(time, now)));
    print(look.alarms().isEmpty() ? "ok" : "alarm", monitor, facts);
    look.alarms().forEach(this::tell);
    return look.alarms().isEmpty() ? ExitStatus.DONE : ExitStatus.INTEGRITY;
  }

  private static long age(Instant time, Instant now) {
    return Duration.between(time, now).toSeconds();
  }

  private void tell(LogMonitor.Alarm alarm) {
    Map<String, Object> what = new LinkedHashMap<>();
    what.put("alarm", alarm.kind());
    what.put("reason", alarm.reason());
    line("ALARM", what);
  }

  /** The first one: it shows what the log did, whatever the log shows later. */
  private void keep(SignedNote contradiction) throws CommandFailure {
    Path beside = file.resolveSibling(file.getFileName() + CONTRADICTION);
    try {
      if (!Files.exists(beside)) {
        OwnersFile.replace(beside, contradiction.bytes());
      }
    } catch (IOException e) {
      throw CommandFailure.configuration("the checkpoint that contradicts, " + beside, e);
    }
  }

  private void print(String status, LogMonitor monitor, Map<String, Object> facts) {
    Map<String, Object> all = new LinkedHashMap<>(facts);
    all.put("alarms", monitor.state().map(MonitorState::alarms).orElse(0L));
    line(status, all);
  }

  private void line(String status, Map<String, Object> facts) {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("status", status);
    all.put("time", Instant.now());
    all.putAll(facts);
    if (output == OutputFormat.json) {
      out.println(Printer.json(all));
    } else {
      Lines lines = new Lines();
      StringBuilder text = new StringBuilder(status);
      all.forEach(
          (name, value) -> {
            if (!name.equals("status")) {
              text.append("  ").append(name).append('=').append(value);
            }
          });
      lines.line(text.toString());
      out.print(lines);
    }
    out.flush();
  }
}
