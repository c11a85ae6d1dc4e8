// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.service.SignatureCounts.Account;
import dev.writ.service.SignatureCounts.Artifacts;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.MalformedEntryBundleException;
import dev.writ.tlog.Tile;
import java.util.List;

/**
 * Reconciles what the token signed with what the service has to show for it, since the service was
 * started: each signature of a key is one of a named kind, and each artifact has its leaf, or is known to
 * have none.
 *
 * <p>It sees what this process has its token do. What another process signs, that is logged in to the same
 * token, the token's own audit log shows, if it has one.
 */
final class SignatureAudit {
  /** As many leaves are read for one answer; what was read is not read again. */
  private static final long MAX_LEAVES = 1L << 18;

  private final Ledger ledger;
  private final SignatureCounts counts;
  private final long maxLeaves;

  /** Leaves before it are of another start of the service. */
  private final long first;

  /** What artifacts had come to when the service started: other services may have used the keys. */
  private final Artifacts atStart;

  /** Leaves before it are counted. */
  @GuardedBy("this")
  private long next;

  @GuardedBy("this")
  private long allowed;

  /** Counts from here on. */
  SignatureAudit(Ledger ledger, SignatureCounts counts) {
    this(ledger, counts, MAX_LEAVES);
  }

  /**
   * The same.
   *
   * @param maxLeaves how many leaves are read for one answer, up to whole bundles
   */
  SignatureAudit(Ledger ledger, SignatureCounts counts, long maxLeaves) {
    this.ledger = ledger;
    this.counts = counts;
    this.maxLeaves = maxLeaves;
    this.first = ledger.size();
    this.next = first;
    this.atStart = counts.artifacts();
  }

  /**
   * What was found.
   *
   * @param keys each key that signed
   * @param ledger artifacts beside their leaves
   */
  record Report(List<Account> keys, Allowances ledger) {
    Report {
      keys = List.copyOf(keys);
    }

    /** Whether all is accounted for. */
    boolean isBalanced() {
      return ledger.difference() == 0
          && keys.stream().allMatch(account -> account.difference() == 0);
    }
  }

  /**
   * Artifacts beside the leaves that say that they were allowed.
   *
   * @param first the leaf at which the service started
   * @param size how many leaves the ledger has
   * @param leaves how many of those from {@code first} on allowed an artifact
   * @param artifacts what became of the artifacts that were signed since
   * @param difference how many more leaves there are than artifacts that may have one; less than 0 where
   *     committed artifacts have none
   */
  record Allowances(long first, long size, long leaves, Artifacts artifacts, long difference) {}

  /**
   * Counts, as of now.
   *
   * @throws DeniedException where there is more to be read than one call reads
   */
  Report audit() throws LedgerException {
    return new Report(counts.accounts(), allowances());
  }

  private synchronized Allowances allowances() throws LedgerException {
    long committed = counts.artifacts().committed() - atStart.committed();
    long size = ledger.size();
    countTo(size);
    Artifacts after = counts.artifacts().since(atStart);
    // An artifact is signed before it has a leaf, and has one before it counts as committed.
    long possible = after.signed() - after.lost();
    long difference = allowed > possible ? allowed - possible : Math.min(0, allowed - committed);
    return new Allowances(first, size, allowed, after, difference);
  }

  @GuardedBy("this")
  private void countTo(long size) throws LedgerException {
    long end = Math.min(size, next + maxLeaves);
    while (next < end) {
      EntryBundlePath path = EntryBundlePath.holding(next, size);
      List<byte[]> entries = entries(path);
      long from = path.index() * Tile.WIDTH;
      for (byte[] leaf : entries.subList((int) (next - from), entries.size())) {
        if (kind(leaf) == LeafKind.DECISION_ALLOW) {
          allowed++;
        }
      }
      next = from + entries.size();
    }
    if (next < size) {
      throw new DeniedException(
          Denial.unavailable(
              "audit_under_way",
              String.format(
                  "the audit must have read all %d leaves, and has read up to %d; ask again, it"
                      + " goes on from there",
                  size, next)));
    }
  }

  private List<byte[]> entries(EntryBundlePath path) throws LedgerException {
    byte[] bundle =
        ledger
            .entryBundle(path)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "bug: the ledger must have what its checkpoint covers, has no " + path));
    try {
      return EntryBundle.decode(path, bundle);
    } catch (MalformedEntryBundleException e) {
      throw new IllegalStateException("bug: the ledger gives a bundle that is none", e);
    }
  }

  private static LeafKind kind(byte[] leaf) {
    try {
      return Leaf.parse(leaf).kind();
    } catch (MalformedLeafException e) {
      throw new IllegalStateException("bug: the ledger took what is no leaf", e);
    }
  }
}
