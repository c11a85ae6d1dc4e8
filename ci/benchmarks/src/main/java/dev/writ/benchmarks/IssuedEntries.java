// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostClock;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusBlock;
import dev.writ.ledger.StatusIndex;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Entries as issuing commits them to one ledger: a leaf that allows, alone or with the rows of its artifact. */
final class IssuedEntries {
  static final long EPOCH = 1;

  /** What a block is reserved beyond its first artifact's end; it is used up long before. */
  private static final Duration BLOCK_OUTLIVES = Duration.ofMinutes(5);

  private static final HostClock CLOCK = new HostClock(1, 1, 1, true);
  private static final Duration SLACK = Duration.ofSeconds(2);

  private final Ledger ledger;
  private final Duration lifetime;
  private final SecureRandom random = new SecureRandom();
  private StatusBlock block = new StatusBlock(0, 0, 0);
  private int place;

  /**
   * For a ledger.
   *
   * @param lifetime of each artifact
   */
  IssuedEntries(Ledger ledger, Duration lifetime) {
    this.ledger = ledger;
    this.lifetime = lifetime;
  }

  /** A leaf that changes nothing besides. */
  Entry leafAlone() {
    return Entry.of(leaf(newId()));
  }

  /** An artifact of no host that is known, and of no workload. */
  Entry issue() {
    return issue(Optional.empty(), Optional.empty(), Instant.now().plus(lifetime));
  }

  /**
   * An artifact of a workload on a host, both of which have a row by then or get one.
   *
   * @param first whether nothing was seen of the host before
   * @param end cut to the second, as artifacts' are
   */
  Entry issue(AkName host, Hash subject, boolean first, Instant end) {
    Instant now = Instant.now();
    StateChange.Since since =
        first ? new StateChange.Since.Nothing() : new StateChange.Since.SameBoot(now, SLACK);
    return issue(
        Optional.of(new StateChange.SetLastSeen(host, CLOCK, now, now, since)),
        Optional.of(subject),
        end);
  }

  private Entry issue(Optional<StateChange.SetLastSeen> host, Optional<Hash> subject, Instant end) {
    UuidV7 jti = newId();
    Instant expires = end.truncatedTo(ChronoUnit.SECONDS);
    return Entry.of(
        leaf(jti),
        new StateChange.ConsumeNonce(randomHash(), expires),
        new StateChange.RecordArtifact(jti, expires, Optional.of(nextIndex()), host, subject));
  }

  /** Hands out the indices of one block after the other. */
  private synchronized StatusIndex nextIndex() {
    if (place == block.size()) {
      Instant freeAt = Instant.now().plus(lifetime).plus(BLOCK_OUTLIVES);
      block = ledger.reserveStatusBlock(freeAt).toCompletableFuture().join();
      place = 0;
    }
    return block.index(place++);
  }

  /** A leaf that allows an artifact. */
  Leaf leaf(UuidV7 jti) {
    return leaf(
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

  /** A leaf of now, under another. */
  Leaf leaf(LeafBody body) {
    return Leaf.of(
        Instant.now().truncatedTo(ChronoUnit.MILLIS), newId(), List.of(randomHash()), body);
  }

  UuidV7 newId() {
    return UuidV7.next(InstantSource.system(), random);
  }

  private Hash randomHash() {
    byte[] bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    return Hash.of(bytes);
  }
}
