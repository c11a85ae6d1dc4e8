// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusBlock;
import dev.writ.ledger.StatusIndex;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteSigner;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * How many entries a second the embedded ledger makes durable and answers with a proof, its checkpoints
 * signed in a token, beside the rate at which the disk syncs.
 *
 * <p>The entry of Writ's own figure is a leaf that allows, which changes no other state. {@code
 * NAME/issue} takes a nonce and records an artifact and its status index with each, as issuing does.
 */
final class LedgerAppend implements Benchmark {
  private static final String ORIGIN = "writ.example.com/ledger";
  private static final Duration LIFETIME = Duration.ofMinutes(5);

  /** What a block is reserved beyond its first artifact's end; it is used up long before. */
  private static final Duration BLOCK_OUTLIVES = Duration.ofMinutes(5);

  private static final long EPOCH = 1;

  private final SecureRandom random = new SecureRandom();

  @Override
  public String description() {
    return "entries durable with proof in the embedded ledger, beside the disk's fsync rate";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    SqliteConfig store = SqliteConfig.in(setting.work().resolve("ledger"));
    try (BenchToken token = BenchToken.make()) {
      List<NoteSigner> signers = List.of(token.keys().checkpointSigners(ORIGIN).get(0));
      long answered = measure(store, signers, setting, report);
      try (Ledger again = Ledger.open(store, ORIGIN, signers, InstantSource.system())) {
        if (again.size() != answered) {
          throw new IllegalStateException(
              answered + " entries were answered, the store has " + again.size());
        }
      }
    }
  }

  /** How many entries were answered. */
  private long measure(SqliteConfig store, List<NoteSigner> signers, Setting setting, Report report)
      throws Exception {
    try (Ledger ledger = Ledger.open(store, ORIGIN, signers, InstantSource.system());
        FsyncRate fsync = new FsyncRate(setting.work())) {
      LedgerLoad leaves = new LedgerLoad(ledger, this::leafAlone);
      StatusIndices indices = new StatusIndices(ledger);
      LedgerLoad issues = new LedgerLoad(ledger, () -> issue(indices));
      List<Double> rates = setting.rounds().run(List.of(leaves, fsync, issues));
      report.add(setting.name(), rates.get(0), LedgerLoad.UNIT, FsyncRate.LINE);
      report.add(FsyncRate.LINE, rates.get(1), FsyncRate.UNIT);
      report.add(setting.variant("issue"), rates.get(2), LedgerLoad.UNIT, FsyncRate.LINE);
      return leaves.answered() + issues.answered();
    }
  }

  private Entry leafAlone() {
    return Entry.of(leaf(newId()));
  }

  /** Hands out the indices of one block after the other. */
  private static final class StatusIndices {
    private final Ledger ledger;
    private StatusBlock block = new StatusBlock(0, 0, 0);
    private int place;

    StatusIndices(Ledger ledger) {
      this.ledger = ledger;
    }

    StatusIndex next() {
      if (place == block.size()) {
        Instant freeAt = Instant.now().plus(LIFETIME).plus(BLOCK_OUTLIVES);
        block = ledger.reserveStatusBlock(freeAt).toCompletableFuture().join();
        place = 0;
      }
      return block.index(place++);
    }
  }

  private Entry issue(StatusIndices indices) {
    UuidV7 jti = newId();
    Instant expires = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(LIFETIME);
    return Entry.of(
        leaf(jti),
        new StateChange.ConsumeNonce(randomHash(), expires),
        new StateChange.RecordArtifact(jti, expires, Optional.of(indices.next())));
  }

  private Leaf leaf(UuidV7 jti) {
    return Leaf.of(
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        newId(),
        List.of(randomHash()),
        new LeafBody.DecisionAllow(
            jti,
            randomHash(),
            randomHash(),
            randomHash(),
            randomHash(),
            EPOCH,
            new Commitment(randomHash()),
            new Commitment(randomHash()),
            new Commitment(randomHash())));
  }

  private UuidV7 newId() {
    return UuidV7.next(InstantSource.system(), random);
  }

  private Hash randomHash() {
    byte[] bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    return Hash.of(bytes);
  }
}
