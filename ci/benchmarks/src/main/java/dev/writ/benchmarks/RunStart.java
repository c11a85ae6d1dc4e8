// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.fixtures.ChildProcess;
import dev.writ.load.LoadGenerator;
import dev.writ.load.LoadResult;
import dev.writ.load.Observer;
import dev.writ.load.ProcessFigures;
import dev.writ.load.ServedWrit;
import dev.writ.load.TpmHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code writ run} adds to a program's start, on a host with a TPM simulator, by a service on the
 * same machine. The package documentation says what each line is.
 */
final class RunStart implements Benchmark {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final int WARMING_HOSTS = 16;

  /** The launcher, the host's keys and the kernel's caches. */
  private static final int FIRST_ROUNDS = 3;

  private static final int FEWEST_ROUNDS = 9;
  private static final Duration POLL = Duration.ofMillis(20);
  private static final String MILLIS = "ms";
  private static final String PLAIN = "beside/plain-true";

  @Override
  public String description() {
    return "writ run -- true over plain true, a new process each time, and its parts";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Path folder = Files.createDirectory(setting.work().resolve("service"));
    try (ServedWrit service = ServedWrit.prepare(setting.project(), folder, WARMING_HOSTS)) {
      service.start();
      service.awaitReady(READY_LIMIT);
      service.enrol();
      warm(service);
      try (TpmHost host = TpmHost.enrol(Files.createTempDirectory("host"), service)) {
        Measurement measurement = new Measurement(service, host, setting);
        measurement.run();
        measurement.report(report);
      }
      service.stop();
    }
  }

  private static void warm(ServedWrit service) throws IOException {
    try (LoadGenerator generator = service.generator(WARMING_HOSTS, Observer.NONE, PATIENCE)) {
      LoadResult warm = generator.saturate(WARM_UP);
      System.err.println("service warmed up: " + warm);
    }
  }

  /** All commands on one host, in turn. */
  private static final class Measurement {
    private final Setting setting;
    private final ServedWrit service;
    private final TpmHost host;
    private final Path printed;
    private final Path bundle;
    private final Path log;
    private final TimedCommand plain;
    private final TimedCommand hello;
    private final TimedCommand asking;
    private final TimedCommand bringing;
    private final TimedCommand unlaunched;
    private final TimedCommand logged;
    private final RunParts parts = new RunParts();
    private long writExecKib;
    private long jvmKib;

    Measurement(ServedWrit service, TpmHost host, Setting setting)
        throws IOException, InterruptedException {
      this.setting = setting;
      this.service = service;
      this.host = host;
      this.printed = setting.work().resolve("printed");
      this.bundle = setting.work().resolve("bundle.json");
      this.log = setting.work().resolve("classes.log");
      List<String> started = startedByLauncher(setting.project());
      this.plain = new TimedCommand(List.of("true"), printed);
      this.hello = new TimedCommand(nothingIn(started), printed);
      this.asking = new TimedCommand(run(host.asking(), "true"), printed);
      this.bringing = new TimedCommand(run(host.bringing(bundle), "true"), printed);
      this.unlaunched = new TimedCommand(unlaunched(started, List.of()), printed);
      this.logged = new TimedCommand(unlaunched(started, List.of(RunParts.option(log))), printed);
    }

    void run() throws IOException, InterruptedException {
      for (int round = 0; round < FIRST_ROUNDS; round++) {
        round();
      }
      List.of(plain, hello, asking, bringing, unlaunched).forEach(TimedCommand::forget);
      long end = System.nanoTime() + setting.measured().toNanos();
      for (int round = 0; round < FEWEST_ROUNDS || System.nanoTime() - end < 0; round++) {
        round();
        part();
      }
      lookAtMemory();
    }

    private void round() throws IOException, InterruptedException {
      renewBundle();
      for (TimedCommand command : List.of(plain, hello, asking, bringing, unlaunched)) {
        long unused = command.run();
      }
    }

    private void part() throws IOException, InterruptedException {
      Files.deleteIfExists(log);
      long start = logged.run();
      parts.read(log, start, System.nanoTime());
    }

    /** For two uses, so that it is none for once alone. Its status token must not grow old. */
    private void renewBundle() throws IOException, InterruptedException {
      Files.deleteIfExists(bundle);
      List<String> command = new ArrayList<>(List.of(service.launcher().toString(), "attest"));
      command.addAll(host.asking());
      command.addAll(List.of("--uses", "2", "--", "true"));
      ChildProcess attest =
          ChildProcess.start(command, Map.of("WRIT_NO_BUILD", "1"), bundle, printed);
      Optional<Integer> status = attest.await(PATIENCE);
      attest.kill();
      if (status.isEmpty() || status.get() != 0) {
        throw new IOException("writ attest must end with status 0:\n" + attest.logTail());
      }
    }

    private void lookAtMemory() throws IOException, InterruptedException {
      String seconds = Long.toString(PATIENCE.toSeconds());
      ChildProcess sleeping =
          ChildProcess.start(
              run(host.asking(), "sleep", seconds), Map.of("WRIT_NO_BUILD", "1"), printed, printed);
      try {
        // What the launcher started has its process; under it are the JVM and the program.
        while (childOf(sleeping, "sleep").isEmpty()) {
          if (!sleeping.isAlive()) {
            throw new IOException("writ run must go on, and has ended:\n" + sleeping.logTail());
          }
          Thread.sleep(POLL.toMillis());
        }
        writExecKib = ProcessFigures.of(sleeping.pid()).residentKib();
        jvmKib = ProcessFigures.of(childOf(sleeping, "java").orElseThrow()).residentKib();
      } finally {
        sleeping.kill();
      }
    }

    private static Optional<Long> childOf(ChildProcess process, String program) {
      try (Stream<ProcessHandle> children =
          ProcessHandle.of(process.pid()).stream().flatMap(ProcessHandle::children)) {
        return children
            .filter(child -> child.info().command().filter(c -> isNamed(c, program)).isPresent())
            .map(ProcessHandle::pid)
            .findFirst();
      }
    }

    private static boolean isNamed(String command, String program) {
      return command.endsWith("/" + program);
    }

    void report(Report report) {
      double bare = plain.medianMillis();
      report.add(setting.name(), asking.medianMillis() - bare, MILLIS);
      report.add(setting.variant("max"), asking.slowestMillis() - bare, MILLIS);
      report.add(setting.variant("cpu"), asking.cpuMillis() - plain.cpuMillis(), MILLIS);
      report.add(setting.variant("bundle"), bringing.medianMillis() - bare, MILLIS);
      report.add(setting.variant("bundle/cpu"), bringing.cpuMillis() - plain.cpuMillis(), MILLIS);
      report.add(
          setting.variant("part/launcher"),
          asking.medianMillis() - unlaunched.medianMillis(),
          MILLIS);
      parts
          .medians()
          .forEach((stage, millis) -> report.add(setting.variant("part/" + stage), millis, MILLIS));
      report.add(setting.variant("rss/writ-exec"), (double) writExecKib, "KiB");
      report.add(setting.variant("rss/jvm"), (double) jvmKib, "KiB");
      report.add("beside/java-hello", hello.medianMillis() - bare, MILLIS);
      report.add("beside/java-hello/cpu", hello.cpuMillis() - plain.cpuMillis(), MILLIS);
      report.add(PLAIN, bare, MILLIS);
    }

    private List<String> run(List<String> options, String... program) {
      List<String> command = new ArrayList<>(List.of(service.launcher().toString(), "run"));
      command.addAll(options);
      command.add("--");
      command.addAll(List.of(program));
      return command;
    }

    /** The same run without the launcher, and with more for the JVM. */
    private List<String> unlaunched(List<String> started, List<String> more) {
      List<String> command = new ArrayList<>(started);
      // writ-exec, the JVM, its options.
      command.addAll(2, more);
      List<String> launched = run(host.asking(), "true");
      command.addAll(launched.subList(1, launched.size()));
      return command;
    }

    /** The same JVM with the same options, for a program that does nothing. */
    private static List<String> nothingIn(List<String> started) {
      List<String> command = new ArrayList<>();
      for (String word : started.subList(1, started.indexOf("-cp"))) {
        if (!word.startsWith("-XX:SharedArchiveFile=")) {
          command.add(word);
        }
      }
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path").split(":", 2)[0],
              Nothing.class.getName()));
      return command;
    }

    /** What the launcher starts for {@code run}, up to the subcommand, as the build wrote it down. */
    private static List<String> startedByLauncher(Path project)
        throws IOException, InterruptedException {
      Process shell =
          new ProcessBuilder(
                  "bash",
                  "-c",
                  "source \"$1\" && printf '%s\\0' \"${run_command[@]}\"",
                  "bash",
                  project.resolve("target/writ/commands").toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String words = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (shell.waitFor() != 0) {
        throw new IOException("the launcher's build must have written down what it starts");
      }
      return List.of(words.split("\0"));
    }
  }
}
