// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.BootClock;
import dev.writ.agent.ExecRequest;
import dev.writ.agent.Lease;
import dev.writ.agent.LeasePace;
import dev.writ.agent.Leased;
import dev.writ.agent.Leases;
import dev.writ.artifact.Argument;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.load.ProcessFigures;
import dev.writ.load.ServedWrit;
import dev.writ.load.TpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * From a change of the host to the end of each of 200 processes that run there under leases. The package
 * documentation says what each line is.
 */
final class LeaseEnd implements Benchmark {
  private static final int LEASES = 200;
  private static final int FEWEST_ROUNDS = 5;
  private static final int LOOKS = 21;
  private static final int PCR = 7;
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Path PROGRAM = Path.of("/usr/bin/sleep");
  private static final String MILLIS = "ms";

  @Override
  public String description() {
    return "a PCR changed to 200 leased processes stopped, and what renewing them costs";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Path folder = Files.createDirectory(setting.work().resolve("service"));
    try (ServedWrit service = ServedWrit.prepare(setting.project(), folder, 1)) {
      service.lease(LEASE);
      service.start();
      service.awaitReady(LIMIT);
      try (TpmHost host = TpmHost.enrol(Files.createTempDirectory("host"), service)) {
        new Measurement(service, host, setting, report).run();
      }
      service.stop();
    }
  }

  private static final class Measurement {
    private final ServedWrit service;
    private final TpmHost host;
    private final Setting setting;
    private final Report report;
    private final BundleVerifier verifier;
    private final BootClock clock = new BootClock();
    private final Random random = new Random(7);
    private final ExecBinding binding;
    private final Queue<Long> renewals = new ConcurrentLinkedQueue<>();

    Measurement(ServedWrit service, TpmHost host, Setting setting, Report report)
        throws IOException {
      this.service = service;
      this.host = host;
      this.setting = setting;
      this.report = report;
      this.verifier =
          BundleVerifier.of(service.trust(), P256Provider.preferredFirst().get(0).provider());
      this.binding =
          new ExecBinding(
              PROGRAM.toString(),
              Hash.sha256(Files.readAllBytes(PROGRAM)),
              List.of(Argument.of("sleep"), Argument.of("600")),
              "/",
              new TreeMap<>(),
              List.of());
    }

    void run() throws Exception {
      long[] looks = looks();
      List<Long> ends = new ArrayList<>();
      int rounds = 0;
      long end = System.nanoTime() + setting.measured().toNanos();
      Renewing renewing = null;
      while (rounds < FEWEST_ROUNDS || System.nanoTime() < end) {
        try (Round round = new Round()) {
          if (renewing == null) {
            renewing = renewing();
          }
          Thread.sleep(random.nextInt(1_000));
          ends.addAll(round.endedAfterAChange());
        }
        host.reboot();
        rounds++;
      }
      long[] all = sorted(ends);
      report.add(setting.name(), millis(all, 99), MILLIS);
      report.add(setting.variant("p50"), millis(all, 50), MILLIS);
      report.add(setting.variant("max"), millis(all, 100), MILLIS);
      report.add(setting.variant("rounds"), rounds, "rounds");
      report.add(setting.variant("look"), millis(looks, 50), MILLIS);
      if (renewing != null) {
        renewing.report(setting, report);
      }
    }

    private long[] looks() throws Exception {
      List<Long> taken = new ArrayList<>();
      Artifact artifact;
      try (AttesterSession session = host.session()) {
        artifact = artifact(session.attester());
      }
      for (int i = 0; i < LOOKS; i++) {
        long began = System.nanoTime();
        try (AttesterSession session = host.session()) {
          var unused = session.attester().hostState(artifact.claims().env().pcrs());
        }
        taken.add(System.nanoTime() - began);
      }
      return sorted(taken);
    }

    /** Until all have been renewed. */
    private Renewing renewing() throws Exception {
      long waited = System.nanoTime();
      while (renewals.isEmpty()) {
        if (System.nanoTime() - waited > LEASE.toNanos()) {
          throw new IllegalStateException("within its time a lease must be renewed, and none was");
        }
        Thread.sleep(POLL.toMillis());
      }
      renewals.clear();
      ProcessFigures before = ProcessFigures.of(service.running().pid());
      long began = System.nanoTime();
      while (renewals.size() < LEASES - 1 && System.nanoTime() - began < LIMIT.toNanos()) {
        Thread.sleep(POLL.toMillis());
      }
      Duration cpu = ProcessFigures.of(service.running().pid()).since(before).cpu();
      List<Long> taken = List.copyOf(renewals);
      if (taken.size() < LEASES - 1) {
        throw new IllegalStateException(
            "each lease must be renewed, and " + taken.size() + " of " + LEASES + " were");
      }
      return new Renewing(sorted(taken), cpu, Duration.ofNanos(System.nanoTime() - began));
    }

    private Artifact artifact(Attester attester) throws Exception {
      Answer<ProofBundle> answer =
          attester.attest(
              attester.executionHere(
                  service.trust().content().issuer(),
                  new ExecRequest(
                      List.of(bytes("sleep"), bytes("600")),
                      List.of(),
                      List.of(),
                      ServedWrit.TENANT,
                      TpmHost.WORKLOAD),
                  binding,
                  1),
              binding);
      return verified(answer);
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    private Artifact verified(Answer<ProofBundle> answer) throws IOException {
      if (!(answer instanceof Answer.Granted<ProofBundle> granted)) {
        throw new IOException("the service must allow it, and does not: " + answer);
      }
      Verdict verdict =
          verifier.verify(
              granted.value().toJson(), Presentation.NOTHING, Seen.NOTHING_IS_USED, Instant.now());
      if (!(verdict instanceof Verdict.Allowed)) {
        throw new IOException("what is issued must be verified, and is not: " + verdict);
      }
      try {
        return Artifact.parse(granted.value().artifact());
      } catch (MalformedArtifactException e) {
        throw new IOException(e);
      }
    }

    /** 200 processes, each under a lease, until the host changes. */
    private final class Round implements AutoCloseable {
      private final List<Child> children = new ArrayList<>();
      private final Leases leases = Leases.begin(host::session, clock, random, LeasePace.STANDARD);

      Round() throws Exception {
        try (AttesterSession session = host.session()) {
          for (int i = 0; i < LEASES; i++) {
            long asked = clock.getAsLong();
            children.add(new Child(artifact(session.attester()), asked + LEASE.toMillis()));
          }
        }
        // A session has the TPM to itself until it is closed, and leases look and renew in their
        // own.
        for (Child child : children) {
          Lease unused = leases.hold(child.artifact, child.end, child);
        }
      }

      List<Long> endedAfterAChange() throws Exception {
        for (Child child : children) {
          if (!child.process.isAlive()) {
            throw new IllegalStateException(
                "all must run until the host changes, and one was stopped: " + child.stopped);
          }
        }
        host.extend(PCR);
        long changed = System.nanoTime();
        List<Long> ends = new ArrayList<>();
        for (Child child : children) {
          if (!child.process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("all must be stopped, and one runs on");
          }
        }
        for (Child child : children) {
          ends.add(Math.max(0, child.ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS) - changed));
        }
        return ends;
      }

      @Override
      public void close() {
        leases.close();
        children.forEach(
            child -> {
              Process unused = child.process.destroyForcibly();
            });
      }
    }

    /** One process. */
    private final class Child implements Leased {
      private final Artifact artifact;
      private final long end;
      private final Process process;
      private final CompletableFuture<Long> ended;
      private volatile String stopped = "by nobody here";

      Child(Artifact artifact, long end) throws IOException {
        this.artifact = artifact;
        this.end = end;
        this.process = new ProcessBuilder(PROGRAM.toString(), "600").start();
        this.ended = process.onExit().thenApply(exited -> System.nanoTime());
      }

      @Override
      public Renewed renew(Attester attester, Artifact held)
          throws TpmException, IOException, AttestationFailedException {
        long asked = clock.getAsLong();
        long began = System.nanoTime();
        Artifact renewed = verified(attester.renew(held, Optional.empty(), binding));
        renewals.add(System.nanoTime() - began);
        return new Renewed.Until(renewed, asked + LEASE.toMillis());
      }

      @Override
      public void holds(long ask, long end) {}

      @Override
      public void stop(DenialCode code, String reason, long end) {
        stopped = code + ", " + reason;
        process.destroy();
      }

      @Override
      public void kill() {
        Process unused = process.destroyForcibly();
      }
    }
  }

  /**
   * What renewing cost.
   *
   * @param taken by each renewal, in nanoseconds, sorted
   * @param cpu the service's
   */
  private record Renewing(long[] taken, Duration cpu, Duration time) {
    void report(Setting setting, Report report) {
      report.add(setting.variant("renewals"), cpu.toNanos() / 1e6 / taken.length, MILLIS);
      report.add(setting.variant("renewals-p50"), millis(taken, 50), MILLIS);
      report.add(
          setting.variant("renewals-per-s"), taken.length / (time.toMillis() / 1e3), "renewals/s");
    }
  }

  private static long[] sorted(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static double millis(long[] sorted, int percent) {
    int place = (int) Math.ceil(sorted.length * percent / 100.0) - 1;
    return sorted[Math.max(0, place)] / 1e6;
  }
}
