// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFile.SuccessorOutcome;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.TrustSuccession;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PublishedTrust;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.RecordedState;
import dev.writ.ledger.StoredLedger;
import dev.writ.ledger.WitnessChoice;
import java.io.IOException;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The trust files of the service: the one that it was started with, and those that its operators have
 * signed since, which are in the ledger. The newest is published at once, so that verifiers have it
 * before it matters; from the moment on from which it matters it is in force, and status tokens name it.
 */
final class TrustFiles {
  private final TrustFile start;
  private final RecordedState ledger;
  private volatile TrustFile newest;
  private volatile long inForce;

  private TrustFiles(TrustFile start, RecordedState ledger, TrustFile newest, long inForce) {
    this.start = start;
    this.ledger = ledger;
    this.newest = newest;
    this.inForce = inForce;
  }

  /**
   * Follows those in the ledger from the one that was configured, by their signatures: the store is
   * believed no more than a stranger's.
   */
  static TrustFiles open(TrustFile start, RecordedState ledger)
      throws LedgerException, ServiceStartException {
    TrustSuccession.Followed followed =
        follow(start, version -> ledger.trustFile(version).map(PublishedTrust::bytes));
    if (followed.refused().isPresent()) {
      throw new ServiceStartException(
          "the ledger's trust files must follow the configured one, and do not: "
              + followed.refused().get()
              + ": name the trust file with which this ledger began, or a later one of its own");
    }
    long inForce = ledger.trustInForce().map(PublishedTrust::version).orElse(0L);
    return new TrustFiles(
        start, ledger, followed.newest(), Math.max(inForce, start.content().version()));
  }

  /**
   * The newest that follows from {@code start} in a store whose ledger is not open yet. Where one does not
   * follow, that before it: {@link #open} says why.
   */
  static TrustFile newest(TrustFile start, WitnessChoice.Published store) throws LedgerException {
    return follow(start, store).newest();
  }

  private static TrustSuccession.Followed follow(TrustFile start, WitnessChoice.Published store)
      throws LedgerException {
    try {
      return TrustSuccession.follow(start, version -> published(store, version));
    } catch (IOException e) {
      if (e.getCause() instanceof LedgerException cause) {
        throw cause;
      }
      throw new IllegalStateException("bug: nothing but the ledger is read", e);
    }
  }

  private static Optional<byte[]> published(WitnessChoice.Published store, long version)
      throws IOException {
    try {
      return store.version(version);
    } catch (LedgerException e) {
      throw new IOException(e);
    }
  }

  /** The newest that is published. */
  TrustFile newest() {
    return newest;
  }

  /** The version that whoever verifies must have by now. */
  long inForce() {
    return inForce;
  }

  /**
   * What was believed when a leaf was made: the newest that was published before it; of leaves before
   * all that were published here, the one that was configured.
   */
  TrustContent at(long leafIndex) throws LedgerException {
    TrustFile file = newest;
    while (file.content().version() > start.content().version()
        && published(file.content().version()).leafIndex() > leafIndex) {
      file = before(file);
    }
    return file.content();
  }

  /**
   * What was believed, by the leaf behind which it was; the one that was configured is of all before.
   *
   * @param proven the same ledger: where each was published is told by its leaves
   */
  NavigableMap<Long, TrustContent> byLeaf(RecordedLog proven) throws LedgerException {
    NavigableMap<Long, TrustContent> byLeaf = new TreeMap<>();
    TrustFile file = newest;
    while (file.content().version() > start.content().version()) {
      long index = published(file.content().version()).leafIndex();
      if (!publishes(proven.leaf(index), file)) {
        throw new LedgerException(
            StoredLedger.CONTRADICTS,
            "the store must name the leaf that published trust file version "
                + file.content().version()
                + ", and names leaf "
                + index
                + (index < proven.size()
                    ? ", which does not: somebody changed the store; check it with writ ledger fsck"
                    : ", which is not among the log's "
                        + proven.size()
                        + " leaves: somebody changed the store, or published it a moment ago; say the"
                        + " same once more"));
      }
      byLeaf.put(index, file.content());
      file = before(file);
    }
    byLeaf.put(-1L, file.content());
    return byLeaf;
  }

  private static boolean publishes(Optional<StoredLedger.StoredLeaf> leaf, TrustFile file) {
    try {
      return leaf.isPresent()
          && leaf.get().isProven()
          && TrustReference.publishedBy(Leaf.parse(leaf.get().bytes()).body())
              .equals(Optional.of(TrustReference.of(file)));
    } catch (MalformedLeafException e) {
      return false;
    }
  }

  private PublishedTrust published(long version) throws LedgerException {
    return ledger.trustFile(version).orElseThrow(() -> contradiction(version));
  }

  /** The one that a believed file names as the one before it. */
  private TrustFile before(TrustFile file) throws LedgerException {
    long version = file.content().version() - 1;
    if (version == start.content().version()) {
      return start;
    }
    try {
      TrustFile before = TrustFile.parse(published(version).bytes());
      if (file.content().previous().equals(Optional.of(before.digest()))) {
        return before;
      }
    } catch (MalformedTrustFileException e) {
      // Said below.
    }
    throw contradiction(version);
  }

  private static LedgerException contradiction(long version) {
    return new LedgerException(
        KeptPayload.CONTRADICTS,
        "the ledger must keep trust file version "
            + version
            + " as the one after it names it, and does not: somebody changed the store");
  }

  /** The bytes of a version, if it is published. */
  Optional<byte[]> version(long version) throws LedgerException {
    return version == start.content().version()
        ? Optional.of(start.toJson())
        : ledger.trustFile(version).map(PublishedTrust::bytes);
  }

  /**
   * Takes what the ledger has.
   *
   * @return whether another version is in force than before
   */
  synchronized boolean align() throws LedgerException {
    takeNewest();
    long before = inForce;
    inForce = Math.max(before, ledger.trustInForce().map(PublishedTrust::version).orElse(0L));
    return inForce > before;
  }

  /** Takes what others have published; of what is in force nothing changes. */
  synchronized void takeNewest() throws LedgerException {
    long latest = ledger.latestTrust().map(PublishedTrust::version).orElse(0L);
    // Other nodes may have published more than one.
    for (long next = newest.content().version() + 1; next <= latest; next++) {
      newest = successor(ledger.trustFile(next).orElseThrow());
    }
  }

  private TrustFile successor(PublishedTrust published) {
    TrustFile next;
    try {
      next = TrustFile.parse(published.bytes());
    } catch (MalformedTrustFileException e) {
      throw new IllegalStateException("bug: the ledger keeps a trust file that is none", e);
    }
    if (newest.verifySuccessor(next) instanceof SuccessorOutcome.Accepted accepted) {
      return accepted.next();
    }
    throw new IllegalStateException("bug: the ledger keeps a trust file that does not follow");
  }
}
