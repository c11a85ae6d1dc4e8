// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.AkName;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusList;
import dev.writ.artifact.StatusToken;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.ledger.ArtifactScope;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusSnapshot;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteSigner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * From an order to revoke a host's, a workload's or an epoch's artifacts, all of which stand, to status tokens
 * that deny every one of them, and what others wait for meanwhile. The package documentation says what each line
 * is.
 */
final class RevokeScope implements Benchmark {
  private static final String ORIGIN = "writ.example.com/ledger";
  private static final long ARTIFACTS = 100_000;

  /** Longer than a run takes: none may end before it is revoked. */
  private static final Duration ENDS_BEGIN = Duration.ofMinutes(20);

  private static final Duration FILL = Duration.ofMillis(500);

  /** As usual, for a machine that others load. */
  private static final CommitLimits FILLING =
      new CommitLimits(
          CommitLimits.DEFAULT.inFlight(), CommitLimits.DEFAULT.batch(), Duration.ofMinutes(1));

  private static final Duration ALONE = Duration.ofSeconds(3);
  private static final int WRITERS = 4;
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Duration TTL = Duration.ofSeconds(30);
  private static final Duration MAX_AGE = Duration.ofSeconds(60);
  private static final Hash WORKLOAD = digest("spiffe://example.com/worker");
  private static final AkName HOST = akName("the host");
  private static final String WRITER = "ledger-committer";
  private static final String MILLIS = "ms";

  @Override
  public String description() {
    return "all of a host, workload or epoch revoked, and what others wait for meanwhile";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    long artifacts = setting.artifacts().orElse(ARTIFACTS);
    try (BenchToken token = BenchToken.make()) {
      NoteSigner signer = token.keys().checkpointSigners(ORIGIN).get(0);
      Path filled = setting.work().resolve("filled");
      try (Ledger ledger = open(filled, signer, FILLING)) {
        fill(ledger, artifacts);
      }
      for (String name : List.of("workload", "host", "epoch")) {
        Path copy = copy(filled, setting.work().resolve(name));
        try (Ledger ledger = open(copy, signer, CommitLimits.DEFAULT)) {
          Measurement measurement = new Measurement(ledger, token.keys().status());
          measurement.run(name, artifacts, setting, report);
        }
      }
    }
    report.add(setting.variant("artifacts"), (double) artifacts, "artifacts");
    report.add(setting.variant("resident"), residentMib(), "MiB");
  }

  private static Ledger open(Path folder, NoteSigner signer, CommitLimits limits)
      throws LedgerException {
    SqliteConfig store = new SqliteConfig(folder, Optional.empty(), limits);
    return Ledger.open(store, ORIGIN, List.of(signer), InstantSource.system());
  }

  /** They end one after the other, as those do that were issued over as long as they can live. */
  private static void fill(Ledger ledger, long artifacts) {
    IssuedEntries entries = new IssuedEntries(ledger, ArtifactClaims.MAX_LIFETIME);
    Instant firstEnd = Instant.now().plus(ENDS_BEGIN);
    Duration ends = ArtifactClaims.MAX_LIFETIME.minus(ENDS_BEGIN);
    AtomicLong number = new AtomicLong();
    LedgerLoad load =
        new LedgerLoad(
            ledger,
            () -> {
              long place = number.getAndIncrement();
              Duration later = ends.multipliedBy(Math.min(place, artifacts)).dividedBy(artifacts);
              return entries.issue(HOST, WORKLOAD, place == 0, firstEnd.plus(later));
            });
    while (load.answered() < artifacts) {
      double unused = load.rate(FILL);
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path unused = Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  private static Hash digest(String of) {
    return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  private static AkName akName(String of) {
    return AkName.of(
        ByteBuffer.allocate(2 + Hash.BYTES)
            .putShort((short) 0x000b)
            .put(digest(of).bytes())
            .array());
  }

  /** Processor time of the one thread that commits. */
  private static long writerCpuNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getAllThreadIds())
        .filter(
            id -> {
              ThreadInfo thread = threads.getThreadInfo(id);
              return thread != null && thread.getThreadName().equals(WRITER);
            })
        .map(threads::getThreadCpuTime)
        .sum();
  }

  /** The most that was ever resident (proc(5), VmHWM). */
  private static double residentMib() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }

  /** One revocation in a ledger of its own. */
  private static final class Measurement {
    private final Ledger ledger;
    private final HsmKey status;
    private final IssuedEntries entries;

    Measurement(Ledger ledger, HsmKey status) {
      this.ledger = ledger;
      this.status = status;
      this.entries = new IssuedEntries(ledger, ArtifactClaims.MAX_LIFETIME);
    }

    void run(String name, long artifacts, Setting setting, Report report) throws Exception {
      long size = ledger.size();
      LedgerWriters writers = new LedgerWriters(ledger, entries::issue);
      long alone = System.nanoTime();
      LedgerWriters.Figures before =
          writers.run(WRITERS, PAUSE, () -> System.nanoTime() - alone < ALONE.toNanos());
      AtomicBoolean goesOn = new AtomicBoolean(true);
      CompletableFuture<LedgerWriters.Figures> meanwhile =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return writers.run(WRITERS, PAUSE, goesOn::get);
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              });
      long began = System.nanoTime();
      long worked = writerCpuNanos();
      int parts = revoke(name, size);
      double cpuOfPart = (writerCpuNanos() - worked) / 1e6 / parts;
      long revoked = System.nanoTime();
      long denied = deny();
      long ended = System.nanoTime();
      goesOn.set(false);
      LedgerWriters.Figures waited = meanwhile.join();
      if (denied < artifacts) {
        throw new IllegalStateException(
            "tokens must deny all " + artifacts + " artifacts, deny " + denied);
      }
      String line = name.equals("workload") ? setting.name() : setting.variant(name);
      String under = setting.variant(name);
      report.add(line, (ended - began) / 1e6, MILLIS);
      report.add(under + "/committed", (revoked - began) / 1e6, MILLIS);
      report.add(under + "/parts", parts, "leaves");
      report.add(under + "/part-cpu", cpuOfPart, MILLIS);
      report.add(under + "/append-p99", waited.millisAt(99), MILLIS);
      report.add(under + "/append-max", waited.millisAt(100), MILLIS);
      report.add(under + "/append-per-s", waited.perSecond(), LedgerLoad.UNIT);
      report.add(under + "/append-p99-before", before.millisAt(99), MILLIS);
      report.add(under + "/append-max-before", before.millisAt(100), MILLIS);
    }

    /** As the service does it. */
    private int revoke(String name, long size) throws LedgerException {
      RevokedScope.Places places = new RevokedScope.Places(0, size);
      Map.Entry<RevokedScope, ArtifactScope> scope =
          switch (name) {
            case "workload" ->
                Map.entry(
                    new RevokedScope.OfWorkload(new Commitment(WORKLOAD), size),
                    new ArtifactScope.OfWorkload(WORKLOAD, size));
            case "host" ->
                Map.entry(
                    new RevokedScope.OfHost(Hash.sha256(HOST.bytes())),
                    new ArtifactScope.OfHost(HOST));
            default ->
                Map.entry(
                    new RevokedScope.OfEpoch(IssuedEntries.EPOCH, places),
                    new ArtifactScope.Between(0, size));
          };
      long standing = ledger.liveArtifacts(scope.getValue()).number();
      LeafBody body =
          new LeafBody.ScopeRevocation(scope.getKey(), RevocationReason.CEASED, RevokedBy.OPERATOR);
      List<StateChange> parts = ledger.revocationsOf(scope.getValue());
      for (StateChange part : parts) {
        CommitOutcome outcome =
            ledger.commit(Entry.of(entries.leaf(body), part)).toCompletableFuture().join();
        if (!(outcome instanceof CommitOutcome.Receipt)) {
          throw new IllegalStateException("a revocation must get a receipt, got " + outcome);
        }
      }
      long left = ledger.liveArtifacts(scope.getValue()).number();
      if (standing == 0 || left != 0) {
        throw new IllegalStateException(
            "of a scope with artifacts none must stand, stand " + left + " of " + standing);
      }
      return parts.size();
    }

    /** Tokens of all lists, and how many artifacts they deny. */
    private long deny() throws LedgerException, HsmException {
      List<Integer> lists = ledger.statusLists();
      StatusSnapshot snapshot = ledger.statusSnapshot(lists, MAX_AGE);
      Instant iat = snapshot.at().truncatedTo(ChronoUnit.SECONDS);
      StatusGovernance governance =
          new StatusGovernance(
              IssuedEntries.EPOCH,
              IssuedEntries.EPOCH,
              WORKLOAD,
              snapshot.treeSize(),
              snapshot.root(),
              1);
      List<StatusToken> tokens = new ArrayList<>();
      for (int list : lists) {
        byte[] input =
            StatusToken.signingInput(
                JwkThumbprint.of(status.publicKey()),
                new StatusClaims(
                    "https://writ.example.com/status/" + list,
                    iat,
                    iat.plus(MAX_AGE),
                    TTL,
                    StatusList.of(StatusList.MAX_SIZE, snapshot.revoked(list)),
                    governance));
        tokens.add(StatusToken.assemble(input, status.signP1363(input)));
      }
      long denied = 0;
      for (StatusToken token : tokens) {
        BitSet bits = new BitSet();
        StatusList list = token.claims().list();
        for (int i = 0; i < list.size(); i++) {
          bits.set(i, list.isRevoked(i));
        }
        denied += bits.cardinality();
      }
      return denied;
    }
  }
}
