// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.FaultyModule.Gauge;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Takes the HSM away from a service under load, in several ways, and holds it to what it promises: it
 * refuses at once and cleanly, nothing that it issues fails to verify, it is back by itself, and it has
 * not grown.
 *
 * <p>The token is SoftHSM's, behind a module that misbehaves as it is told ({@link FaultyModule}). The
 * load is an open loop, over connections enough for all that is due while a call hangs.
 */
final class HsmFaults {
  private static final int HOSTS = 16;
  private static final int LEAST_CONNECTIONS = 64;
  private static final int CONNECTIONS_SECONDS = 4;
  private static final int PROBLEMS_SHOWN = 5;
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration LOAD_LIMIT = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration GLANCE = Duration.ofMillis(20);

  /** What is late on a machine that keeps up says something of the HSM, on another one nothing. */
  private static final Duration SETTLES_WITHIN = Duration.ofSeconds(90);

  private static final Duration SETTLED_FOR = Duration.ofSeconds(1);
  private static final Duration PROMPT = Duration.ofMillis(500);
  private static final double ALL_BUT_SOME = 0.95;

  /** The profile's signers, and the login's. */
  private static final int MOST_SESSIONS = 6;

  /** What is open for a moment, such as a journal of the ledger's. */
  private static final int DESCRIPTORS_SPARE = 4;

  private final ServedWrit service;
  private final FaultyModule module;
  private final HsmCases cases;
  private final int perSecond;
  private final Duration quiet;
  private final PrintStream out;
  private final Queue<Exchange> exchanges = new ConcurrentLinkedQueue<>();
  private int passed;
  private int failed;

  /**
   * What came of a run.
   *
   * @param passed cases in which all held
   * @param failed cases in which something did not
   */
  record Tally(int passed, int failed) {}

  /** What must not grow: it is the same after an outage as after the one before. */
  private record Holdings(long sessions, ProcessResources process) {}

  private HsmFaults(
      ServedWrit service, FaultyModule module, boolean isShort, int perSecond, PrintStream out) {
    this.service = service;
    this.module = module;
    this.cases = new HsmCases(module, service.pinFile(), isShort);
    this.perSecond = perSecond;
    // Longer than the second for which the service keeps what it found of its readiness.
    this.quiet = Duration.ofMillis(isShort ? 1_500 : 5_000);
    this.out = out;
  }

  /**
   * Makes all cases.
   *
   * @param folder exists and is empty; whoever made it removes it
   * @param perSecond exchanges that are begun in a second
   */
  static Tally run(Path project, Path folder, int perSecond, boolean isShort, PrintStream out)
      throws IOException, InterruptedException {
    FaultyModule module = FaultyModule.build(folder.resolve("module"), softHsm(project));
    try (ServedWrit service = ServedWrit.prepare(project, folder, HOSTS, module.library())) {
      service.start();
      service.awaitReady(READY_LIMIT);
      service.enrol();
      HsmFaults faults = new HsmFaults(service, module, isShort, perSecond, out);
      faults.underLoad();
      service.stop();
      return new Tally(faults.passed, faults.failed);
    }
  }

  /** Where the profile says that the real module is. */
  private static Path softHsm(Path project) throws IOException {
    Properties profile = new Properties();
    try (InputStream in =
        Files.newInputStream(project.resolve("hsm-config/profiles/softhsm2.properties"))) {
      profile.load(in);
    }
    return Path.of(profile.getProperty("library"));
  }

  private void underLoad() throws IOException, InterruptedException {
    VerifiedBundles bundles = new VerifiedBundles(service::verifier, service.presentation());
    int connections = Math.max(LEAST_CONNECTIONS, CONNECTIONS_SECONDS * perSecond);
    LoadResult result;
    try (bundles;
        ServiceWatch watch = new ServiceWatch(service.operator(), service.door());
        LoadGenerator generator = service.generator(connections, observer(bundles), PATIENCE)) {
      CompletableFuture<LoadResult> load =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return generator.offer(perSecond, LOAD_LIMIT);
                } catch (IOException e) {
                  throw new IllegalStateException("the load could not be made", e);
                }
              });
      rotate(bundles);
      List<Holdings> holdings = new ArrayList<>();
      for (HsmCases.Case each : cases.all()) {
        holdings.add(play(each, watch));
      }
      // The first outage may have made what is made once.
      report("nothing grew", grown(holdings.get(0), holdings.get(holdings.size() - 1)));
      generator.stop();
      result = load.join();
    }
    report("bundles verified offline", verified(bundles, result));
    report("one process, whose log is whole and holds no PIN", said(result));
  }

  /** While artifacts are asked for, and without one of them being refused. */
  private void rotate(VerifiedBundles bundles) throws IOException, InterruptedException {
    settle();
    long begun = System.nanoTime();
    KeyRotation.Rotated rotated =
        new KeyRotation(service.operatorSocket(), service.operatorKey()).play();
    // What was asked for before the end is answered by now.
    Thread.sleep(PROMPT.toMillis());
    List<String> problems = new ArrayList<>(rotated.problems());
    List<Exchange> refused =
        exchanges.stream().filter(one -> one.dueAt() >= begun && !one.isIssued()).toList();
    if (!refused.isEmpty()) {
      problems.add(
          refused.size()
              + " must have been issued, and were refused, the first by "
              + refused.get(0).refusal().map(refusal -> refusal.head() + refusal.body()));
    }
    long before = bundles.by(rotated.from());
    long after = bundles.by(rotated.to());
    if (before == 0 || after == 0) {
      problems.add("both keys must have signed");
    }
    report(
        "key rotated, retired and destroyed",
        new OutageChecks.Verdict(
            String.format("%d verified by the key before, %d by the next", before, after),
            problems));
  }

  private Observer observer(VerifiedBundles bundles) {
    return new Observer() {
      @Override
      public void issued(ByteBuffer application, ByteBuffer bundle) {
        bundles.add(bundle);
      }

      @Override
      public void ended(Exchange exchange) {
        exchanges.add(exchange);
      }
    };
  }

  private Holdings play(HsmCases.Case each, ServiceWatch watch)
      throws IOException, InterruptedException {
    List<String> problems = new ArrayList<>();
    settle();
    long logged = Files.size(service.log());
    long begun = System.nanoTime();
    List<ServiceSample> earlier = watch.samples(begun - PATIENCE.toNanos(), begun);
    if (earlier.isEmpty()) {
      throw new IOException("the service must say how it is", watch.failure().orElse(null));
    }
    long returned = each.script().play(problems);
    awaitSuccess(returned);
    long objects = module.gauge(Gauge.OBJECT_HANDLES);
    Thread.sleep(quiet.toMillis());
    if (module.gauge(Gauge.OBJECT_HANDLES) > objects) {
      problems.add("a connection must know its objects when it is made, and found more later");
    }
    long end = System.nanoTime();
    OutageChecks.Verdict verdict =
        OutageChecks.judge(
            new OutageChecks.Outage(
                begun, returned, end, each.unnoticed(), each.isSeen(), perSecond),
            new OutageChecks.Seen(
                exchanges.stream().filter(one -> one.dueAt() >= begun).toList(),
                earlier.get(earlier.size() - 1),
                watch.samples(begun, end),
                watch.readiness(begun, end)));
    problems.addAll(verdict.problems());
    requireLogged(logged, problems);
    if (!service.running().isAlive()) {
      problems.add("the process must be the same, and has ended: " + service.running().logTail());
    }
    report(each.name(), new OutageChecks.Verdict(verdict.figures(), problems));
    return new Holdings(
        module.gauge(Gauge.OPEN_SESSIONS), ProcessResources.of(service.running().pid()));
  }

  /** Waits until all that is asked for is issued, and soon. */
  private void settle() throws IOException, InterruptedException {
    long limit = System.nanoTime() + SETTLES_WITHIN.toNanos();
    while (!isSettled(System.nanoTime())) {
      if (System.nanoTime() - limit > 0) {
        throw new IOException(
            String.format(
                "the service must keep up with %d/s within %s, and does not on this machine: give a"
                    + " lower --rate",
                perSecond, SETTLES_WITHIN));
      }
      Thread.sleep(GLANCE.toMillis());
    }
    exchanges.clear();
  }

  private boolean isSettled(long now) {
    long to = now - PROMPT.toNanos();
    long from = to - SETTLED_FOR.toNanos();
    exchanges.removeIf(one -> one.dueAt() < from);
    List<Exchange> recent = exchanges.stream().filter(one -> one.dueAt() < to).toList();
    boolean prompt =
        recent.stream()
            .allMatch(one -> one.isIssued() && one.answeredAt() - one.dueAt() <= PROMPT.toNanos());
    return prompt && recent.size() >= ALL_BUT_SOME * perSecond * SETTLED_FOR.toSeconds();
  }

  private void awaitSuccess(long returned) throws InterruptedException {
    long limit = returned + PATIENCE.toNanos();
    while (System.nanoTime() - limit < 0
        && exchanges.stream().noneMatch(one -> one.isIssued() && one.dueAt() >= returned)) {
      Thread.sleep(GLANCE.toMillis());
    }
  }

  private void requireLogged(long from, List<String> problems) throws IOException {
    byte[] log = Files.readAllBytes(service.log());
    String text = new String(log, (int) from, (int) (log.length - from), StandardCharsets.UTF_8);
    for (String event : List.of("token_lost", "token_connected")) {
      if (!text.contains("\"event\":\"" + event + "\"")) {
        problems.add("the log must have a line of the event " + event + ", has none");
      }
    }
  }

  private static OutageChecks.Verdict grown(Holdings first, Holdings last) {
    List<String> problems = new ArrayList<>();
    if (last.sessions() > MOST_SESSIONS) {
      problems.add("at most " + MOST_SESSIONS + " sessions must be open, are " + last.sessions());
    }
    if (last.process().threads() > first.process().threads()) {
      problems.add("there must be no more threads than after the first outage, there are");
    }
    if (last.process().descriptors() > first.process().descriptors() + DESCRIPTORS_SPARE) {
      problems.add("there must be no more open files than after the first outage, there are");
    }
    return new OutageChecks.Verdict(
        String.format(
            "%d, then %d sessions; %d, then %d threads; %d, then %d open files",
            first.sessions(),
            last.sessions(),
            first.process().threads(),
            last.process().threads(),
            first.process().descriptors(),
            last.process().descriptors()),
        problems);
  }

  private static OutageChecks.Verdict verified(VerifiedBundles bundles, LoadResult result) {
    List<String> problems = new ArrayList<>(bundles.problems());
    if (bundles.verified() < bundles.letGo() || bundles.verified() == 0) {
      problems.add("at least every other must be verified, too many came too fast");
    }
    return new OutageChecks.Verdict(bundles.verified() + " of " + result.issued(), problems);
  }

  private OutageChecks.Verdict said(LoadResult result) throws IOException {
    List<String> problems = new ArrayList<>();
    result
        .failures()
        .forEach(
            (failure, count) -> {
              if (failure.contains("connection") || failure.contains("no answer")) {
                problems.add(count + " × " + failure);
              }
            });
    String log = Files.readString(service.log());
    for (String pin : cases.pins()) {
      if (log.contains(pin)) {
        problems.add("the log must hold no PIN, and holds one");
      }
    }
    return new OutageChecks.Verdict("process " + service.running().pid(), problems);
  }

  private void report(String name, OutageChecks.Verdict verdict) {
    boolean held = verdict.problems().isEmpty();
    passed += held ? 1 : 0;
    failed += held ? 0 : 1;
    out.printf("%s %s: %s%n", held ? "ok     " : "FAILED ", name, verdict.figures());
    verdict.problems().stream()
        .limit(PROBLEMS_SHOWN)
        .forEach(problem -> out.println("        " + problem));
  }
}
