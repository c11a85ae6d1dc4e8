// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.Leaf;
import dev.writ.fixtures.PostgresServer;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PostgresConfig;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StoreConfig;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigner;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How many entries a second a ledger makes durable and answers with a proof, its checkpoints signed in a
 * token, beside the rates at which the disk syncs and the processor hashes leaves: embedded, and in a
 * PostgreSQL server on the same disk. The package documentation says what each line is.
 *
 * <p>The entry of Writ's own figure is a leaf that allows, which changes no other state. {@code
 * NAME/issue} takes a nonce and records an artifact and its status index with each, as issuing does.
 */
final class LedgerAppend implements Benchmark {
  private static final String ORIGIN = "writ.example.com/ledger";
  private static final Duration LIFETIME = Duration.ofMinutes(5);

  private static final String POSTGRES = "postgres";
  private static final String HASHES = "beside/leaf-hash";
  private static final List<Integer> WRITERS = List.of(1, 16, 256);
  private static final int WARM = 16;
  private static final long FIRST_SIZE = 10_000;
  private static final Duration FILL = Duration.ofMillis(500);

  private static final List<Duration> DELAYS =
      Stream.concat(Stream.of(Duration.ZERO), HsmSign.DELAYS.stream()).toList();

  @Override
  public String description() {
    return "entries durable with proof, in SQLite and PostgreSQL, beside the disk's fsync rate";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    try (BenchToken token = BenchToken.make()) {
      LateSigner signer = new LateSigner(token.keys().checkpointSigners(ORIGIN).get(0));
      StoreConfig embedded = SqliteConfig.in(setting.work().resolve("ledger"));
      if (setting.artifacts().isPresent()) {
        grow(embedded, signer, setting, report);
        return;
      }
      throughput(embedded, signer, setting, report, "");
      writers(embedded, signer, setting, report, "");
      try (PostgresServer server = PostgresServer.start()) {
        server.createDatabase("bench");
        StoreConfig postgres =
            new PostgresConfig(
                "127.0.0.1",
                server.port(),
                "bench",
                PostgresServer.USER,
                Optional.of(server.passwordFile()),
                Optional.empty(),
                Optional.empty(),
                CommitLimits.DEFAULT);
        throughput(postgres, signer, setting, report, POSTGRES);
        writers(postgres, signer, setting, report, POSTGRES);
      }
    }
  }

  private static Ledger open(StoreConfig store, NoteSigner signer) throws LedgerException {
    return Ledger.open(store, ORIGIN, List.of(signer), InstantSource.system());
  }

  /** As many entries as the ledger takes, and that all of them are there afterwards. */
  private void throughput(
      StoreConfig store, NoteSigner signer, Setting setting, Report report, String of)
      throws Exception {
    boolean embedded = of.isEmpty();
    long answered;
    try (Ledger ledger = open(store, signer);
        FsyncRate fsync = new FsyncRate(Files.createTempDirectory(setting.work(), "fsync"))) {
      IssuedEntries entries = new IssuedEntries(ledger, LIFETIME);
      LedgerLoad leaves = new LedgerLoad(ledger, entries::leafAlone);
      LedgerLoad issues = new LedgerLoad(ledger, entries::issue);
      LeafHashes hashes = new LeafHashes(entries.leaf(entries.newId()));
      List<Double> rates = setting.rounds().run(List.of(leaves, fsync, hashes, issues));
      String beside = embedded ? FsyncRate.LINE : FsyncRate.LINE + "/" + of;
      report.add(
          embedded ? setting.name() : setting.variant(of), rates.get(0), LedgerLoad.UNIT, beside);
      report.add(beside, rates.get(1), FsyncRate.UNIT);
      report.add(embedded ? HASHES : HASHES + "/" + of, rates.get(2), "leaves/s");
      report.add(setting.variant(under(of, "issue")), rates.get(3), LedgerLoad.UNIT, beside);
      answered = leaves.answered() + issues.answered();
    }
    try (Ledger again = open(store, signer)) {
      if (again.size() != answered) {
        throw new IllegalStateException(
            answered + " entries were answered, the store has " + again.size());
      }
    }
  }

  private static String under(String store, String variant) {
    return store.isEmpty() ? variant : store + "/" + variant;
  }

  /** How long writers wait that each have one entry under way, for keys nearer and farther. */
  private void writers(
      StoreConfig store, LateSigner signer, Setting setting, Report report, String of)
      throws Exception {
    Duration length = setting.rounds().length();
    try (Ledger ledger = open(store, signer)) {
      LedgerWriters load =
          new LedgerWriters(ledger, new IssuedEntries(ledger, LIFETIME)::leafAlone);
      LedgerWriters.Figures unused = load.run(WARM, setting.rounds().warmUp());
      for (Duration delay : DELAYS) {
        signer.delay(delay);
        for (int writers : WRITERS) {
          String name =
              under(of, "w" + writers + (delay.isZero() ? "" : "/" + HsmSign.variantOf(delay)));
          LedgerWriters.Figures figures = load.run(writers, length);
          report.add(setting.variant(name), figures.perSecond(), LedgerLoad.UNIT);
          report.add(setting.variant(name + "/p50"), figures.millisAt(50), "ms");
          report.add(setting.variant(name + "/p99"), figures.millisAt(99), "ms");
        }
      }
      signer.delay(Duration.ZERO);
    }
  }

  /** What an append costs, and how long opening takes, at powers of ten. */
  private void grow(StoreConfig store, NoteSigner signer, Setting setting, Report report)
      throws Exception {
    long most = setting.artifacts().orElseThrow();
    for (long size = FIRST_SIZE; size <= most; size *= 10) {
      long start = System.nanoTime();
      try (Ledger ledger = open(store, signer)) {
        report.add(
            setting.variant("open-at-" + ledger.size()), (System.nanoTime() - start) / 1e6, "ms");
        LedgerLoad leaves = new LedgerLoad(ledger, new IssuedEntries(ledger, LIFETIME)::leafAlone);
        double rate = 0;
        while (ledger.size() < size) {
          rate = leaves.rate(FILL);
        }
        report.add(setting.variant("at-" + size), rate, LedgerLoad.UNIT);
      }
    }
    long start = System.nanoTime();
    try (Ledger ledger = open(store, signer)) {
      report.add(
          setting.variant("open-at-" + ledger.size()), (System.nanoTime() - start) / 1e6, "ms");
    }
  }

  /** Hashes one leaf over and over: no append costs less. */
  private record LeafHashes(Leaf leaf) implements Contender {
    @Override
    public double rate(Duration length) throws Exception {
      byte[] bytes = leaf.bytes();
      Hash first = MerkleTree.leafHash(bytes);
      return Contender.loop(
              () -> {
                if (!MerkleTree.leafHash(bytes).equals(first)) {
                  throw new IllegalStateException("a leaf must have one hash");
                }
              })
          .rate(length);
    }
  }
}
