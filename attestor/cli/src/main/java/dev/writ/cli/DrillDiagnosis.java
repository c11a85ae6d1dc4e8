// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Sentence;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoreConfig;
import dev.writ.ledger.StoredLedger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * When a service's last drill was, and how it went, as the leaves of its store say: the service took the
 * report for an operator's signature. Reads the newest leaves, and changes nothing.
 */
final class DrillDiagnosis {
  private static final String NAME = "drill";

  /** Leaves looked at for one that a drill left: reading more takes longer than a person waits. */
  private static final long MOST = 1 << 20;

  private static final long PAGE = 1 << 14;

  private final Duration longest;
  private final Instant now;

  /**
   * Of drills that may be so old.
   *
   * @param now when it is asked
   */
  DrillDiagnosis(Duration longest, Instant now) {
    this.longest = longest;
    this.now = now;
  }

  /** What there is to say of the drills of this store. */
  EndorsementDiagnosis.Check of(StoreConfig store) {
    try (StoredLedger ledger = StoredLedger.open(store, InstantSource.fixed(now))) {
      long least = Math.max(0, ledger.size() - MOST);
      Optional<Long> newest = newest(ledger, least);
      return newest.isPresent() ? told(ledger, newest.get()) : none(least, ledger.size());
    } catch (LedgerException | MalformedLeafException e) {
      return noted(
          "when the last drill was is not known: " + Sentence.of(e),
          "run it where the service's store can be read");
    }
  }

  private static Optional<Long> newest(StoredLedger ledger, long least)
      throws LedgerException, MalformedLeafException {
    for (long end = ledger.size(); end > least; end -= PAGE) {
      Optional<Long> found = Optional.empty();
      long start = Math.max(least, end - PAGE);
      OptionalLong next = ledger.firstOf(LeafKind.SUMMARY, start, end);
      while (next.isPresent()) {
        long index = next.getAsLong();
        if (leaf(ledger, index).body() instanceof DrillSummary) {
          found = Optional.of(index);
        }
        next = ledger.firstOf(LeafKind.SUMMARY, index + 1, end);
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Leaf leaf(StoredLedger ledger, long index)
      throws LedgerException, MalformedLeafException {
    StoredLedger.StoredLeaf stored = ledger.leaf(index).orElseThrow();
    if (!stored.isProven()) {
      throw new LedgerException(
          StoredLedger.CONTRADICTS,
          "leaf " + index + " must be the one that the tree has, and is not: see writ ledger fsck");
    }
    return Leaf.parse(stored.bytes());
  }

  private EndorsementDiagnosis.Check told(StoredLedger ledger, long index)
      throws LedgerException, MalformedLeafException {
    DrillSummary drill = (DrillSummary) leaf(ledger, index).body();
    Duration age = Duration.between(drill.to(), now);
    String what =
        "the last drill ended at "
            + drill.to()
            + " (leaf "
            + index
            + "): "
            + drill.passed()
            + " passed, "
            + drill.failed()
            + " failed, "
            + drill.notTried()
            + " not tried";
    if (age.compareTo(longest) > 0) {
      return noted(
          what + "; that is more than " + longest.toDays() + " days ago",
          "make another with writ drill");
    }
    return drill.failed() > 0
        ? noted(what, "see its report for what failed, mend it, and make another with writ drill")
        : new EndorsementDiagnosis.Check(
            EndorsementDiagnosis.Result.passed,
            NAME,
            "service",
            what,
            Optional.empty(),
            Optional.empty());
  }

  private static EndorsementDiagnosis.Check none(long least, long size) {
    return noted(
        "no drill is in the ledger"
            + (least > 0 ? "'s newest " + (size - least) + " leaves" : "")
            + ": that the service denies what it must has not been tried",
        "make one with writ drill, and send its report with --operator-key");
  }

  private static EndorsementDiagnosis.Check noted(String what, String todo) {
    return new EndorsementDiagnosis.Check(
        EndorsementDiagnosis.Result.noted,
        NAME,
        "service",
        what,
        Optional.of(todo),
        Optional.empty());
  }
}
