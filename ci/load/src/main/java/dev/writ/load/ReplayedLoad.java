// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.GrubBoot;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fills a service's ledger with decisions and has {@code writ replay} decide all of them once more, on each
 * of several platforms. Of the hosts some have a boot log, and some are denied: by the policy, or for what
 * their log shows. Several policies follow one another. Nothing may differ, and each platform's report must
 * be that of the first, byte for byte.
 */
final class ReplayedLoad {
  private static final int HOSTS = 16;
  private static final int POLICIES = 4;
  private static final int CONNECTIONS = 32;
  private static final Duration READY = Duration.ofMinutes(1);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(20);
  private static final Duration REPLAY = Duration.ofHours(6);
  private static final int TAIL = 4096;
  private static final Pattern NUMBER = Pattern.compile("\"([a-z_]+)\":([0-9]+)");

  private final Path project;
  private final Path work;
  private final PrintStream out;
  private int passed;
  private int failed;
  private int skipped;

  ReplayedLoad(Path project, Path work, PrintStream out) {
    this.project = project;
    this.work = work;
    this.out = out;
  }

  /** What a host with this number boots into: of each four one has a log, of those every other a bad one. */
  private static Optional<GrubBoot> boot(int number) {
    if (number % 4 != 3) {
      return Optional.empty();
    }
    return Optional.of(number % 8 == 3 ? new GrubBoot() : new GrubBoot().withoutSecureBoot());
  }

  /** Whether the policy says what this host may run. */
  private static boolean isKnown(int number, int policy) {
    return number % 5 != policy % 5;
  }

  /**
   * Fills and replays.
   *
   * @param decisions how many
   * @param otherJava a home of another Java; empty where there is none
   * @return whether all held
   */
  boolean run(long decisions, Optional<Path> otherJava) throws IOException, InterruptedException {
    long answered = fill(decisions);
    check("decided", answered == decisions, answered + " of " + decisions);
    Path first = replay("this Java", Optional.empty(), answered);
    if (otherJava.isPresent()) {
      Path other = replay(otherJava.get().toString(), otherJava, answered);
      check(
          "reports",
          Files.mismatch(first, other) < 0,
          "of both, byte for byte, " + Files.size(first) + " and " + Files.size(other) + " bytes");
    } else {
      skipped += 2;
      out.println("skipped  another Java: none was given");
    }
    out.printf(
        "%d passed, %d failed%s%n",
        passed, failed, skipped == 0 ? "" : ", " + skipped + " skipped");
    return failed == 0;
  }

  private void check(String name, boolean holds, String what) {
    if (holds) {
      passed++;
    } else {
      failed++;
    }
    out.println((holds ? "ok       " : "FAILED   ") + name + ": " + what);
  }

  private long fill(long decisions) throws IOException, InterruptedException {
    long answered = 0;
    long began = System.nanoTime();
    try (ServedWrit served =
        ServePreparation.prepare(
            project,
            work,
            HOSTS,
            0,
            Optional.empty(),
            ServeFiles.embedded(work.resolve("ledger")),
            ReplayedLoad::boot)) {
      for (int i = 0; i < POLICIES; i++) {
        putPolicy(i);
        served.start();
        served.awaitReady(READY);
        if (i == 0) {
          served.enrol();
        }
        answered += ask(served, i + 1, decisions / POLICIES + (i < decisions % POLICIES ? 1 : 0));
        served.stop();
      }
    }
    out.printf("filled   %.0f decisions/s%n", answered * 1e9 / (System.nanoTime() - began));
    return answered;
  }

  /** Asks until so much was decided: what an overloaded service turns away is asked again. */
  private long ask(ServedWrit served, int policy, long share) throws IOException {
    Map<String, Long> outcomes = new TreeMap<>();
    long decided = 0;
    long before = -1;
    while (decided < share && decided > before) {
      before = decided;
      try (LoadGenerator generator = served.generator(CONNECTIONS, Observer.NONE, LAST_ANSWERS)) {
        LoadResult result = generator.saturate(share - decided);
        outcomes.merge("issued", result.issued(), Long::sum);
        decided += result.issued();
        for (Map.Entry<String, Long> refusal : result.failures().entrySet()) {
          outcomes.merge(refusal.getKey(), refusal.getValue(), Long::sum);
          decided += isDecision(refusal.getKey()) ? refusal.getValue() : 0;
        }
      }
    }
    outcomes.forEach(
        (outcome, count) -> out.println("policy " + policy + ": " + count + " x " + outcome));
    return decided;
  }

  /** Others are of challenges, of connections, and of a service that could not decide. */
  private static boolean isDecision(String refusal) {
    return refusal.startsWith("application 403") || refusal.startsWith("application 409");
  }

  private void putPolicy(int number) throws IOException {
    Path file = work.resolve(ServePreparation.POLICY);
    try {
      PolicyRevision revision = PolicyDocument.parse(Files.readAllBytes(file)).revise();
      if (number > 0) {
        revision.nextVersion();
      }
      Map<String, List<String>> workloads = new LinkedHashMap<>();
      workloads.put(TpmHost.NAME, List.of(TpmHost.WORKLOAD));
      workloads.put("host-b", List.of("spiffe://dev.example/worker-b"));
      List<String> logged = new ArrayList<>();
      for (int host = 0; host < HOSTS; host++) {
        String name = String.format("host-%04d", host);
        if (isKnown(host, number)) {
          workloads.put(name, List.of(Target.workloadOf(name)));
        }
        if (boot(host).isPresent()) {
          logged.add(name);
        }
      }
      revision.constant("workloads", workloads);
      revision.referenceSets(
          List.of(MeasuredBoot.expected(), MeasuredBoot.withSecureBoot(Set.copyOf(logged))));
      Files.write(file, revision.build().canonical());
    } catch (MalformedPolicyException e) {
      throw new IOException("a policy must follow from the one before", e);
    }
  }

  private Path replay(String name, Optional<Path> java, long decisions)
      throws IOException, InterruptedException {
    Path report = work.resolve("replay-" + (java.isPresent() ? "other" : "this") + ".jsonl");
    Map<String, String> environment = new LinkedHashMap<>(Map.of("WRIT_NO_BUILD", "1"));
    java.ifPresent(home -> environment.put("JAVA_HOME", home.toString()));
    long began = System.nanoTime();
    ChildProcess process =
        ChildProcess.start(
            List.of(
                project.resolve("writ").toString(),
                "replay",
                "--range",
                "0..",
                "--config",
                work.resolve(ServePreparation.CONFIGURATION).toString(),
                "-o",
                "json"),
            environment,
            report,
            work.resolve("replay.log"));
    Optional<Integer> status = process.await(REPLAY);
    process.kill();
    double rate = decisions * 1e9 / (System.nanoTime() - began);
    Map<String, Long> counts = counts(report);
    boolean holds =
        status.equals(Optional.of(0))
            && counts.getOrDefault("replayed", 0L) >= decisions
            && counts.getOrDefault("replayed", 0L).equals(counts.get("same"));
    check(
        "replay on " + name,
        holds,
        String.format(
            "status %s, %s, %.0f/s", status.map(String::valueOf).orElse("none"), counts, rate));
    if (!holds) {
      out.println(process.logTail());
    }
    return report;
  }

  /** The numbers of the last line, whatever stands before it. */
  private static Map<String, Long> counts(Path report) throws IOException {
    String tail;
    try (RandomAccessFile file = new RandomAccessFile(report.toFile(), "r")) {
      byte[] bytes = new byte[(int) Math.min(TAIL, file.length())];
      file.seek(file.length() - bytes.length);
      file.readFully(bytes);
      tail = new String(bytes, StandardCharsets.UTF_8).strip();
    }
    Map<String, Long> counts = new LinkedHashMap<>();
    Matcher numbers = NUMBER.matcher(tail.substring(tail.lastIndexOf('\n') + 1));
    while (numbers.find()) {
      counts.put(numbers.group(1), Long.parseLong(numbers.group(2)));
    }
    return counts;
  }
}
