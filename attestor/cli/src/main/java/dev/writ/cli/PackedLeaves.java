// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.HostChange;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.RevokedScope;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.MalformedOpeningException;
import dev.writ.lineage.Openings;
import dev.writ.lineage.VerifiedLeaves;
import dev.writ.lineage.Withdrawal;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which leaves of a log are put into a pack of some, and beside which of them what lies there is: those that were
 * asked for with all that they come from and that came of them, those that ended their artifacts or one above,
 * those by which the service was governed, and those that it takes to decide them again.
 */
final class PackedLeaves {
  private final VerifiedLeaves source;
  private final SortedSet<Long> asked;
  private final Payloads payloads;
  private final int most;
  private final Openings.Builder known = new Openings.Builder();
  private final Set<Long> opened = new TreeSet<>();
  private final TreeSet<Long> leaves = new TreeSet<>();

  private PackedLeaves(VerifiedLeaves source, SortedSet<Long> asked, Payloads payloads, int most) {
    this.source = source;
    this.asked = asked;
    this.payloads = payloads;
    this.most = most;
  }

  /** What lies beside a leaf. */
  interface Payloads {
    Optional<byte[]> at(long index) throws LedgerException;
  }

  /**
   * Reads every leaf of the log once.
   *
   * @param replayed remembers what it took to decide them again
   * @param most so many and one more are found at most
   */
  static PackedLeaves around(
      VerifiedLeaves source, SortedSet<Long> asked, AskedLog replayed, Payloads payloads, int most)
      throws LedgerException, IOException {
    PackedLeaves packed = new PackedLeaves(source, asked, payloads, most + 1);
    boolean unused = packed.open(asked);
    packed.find(Lineage.read(source, packed.known.build()), replayed);
    return packed;
  }

  /** The leaves. */
  SortedSet<Long> leaves() {
    return leaves;
  }

  /** Whether what a leaf's commitments mean is told by what lies beside it. */
  boolean opens(long leaf) {
    return opened.contains(leaf);
  }

  private void find(Lineage log, AskedLog replayed) throws LedgerException, IOException {
    TreeSet<Long> decisions = new TreeSet<>();
    leaves.addAll(asked);
    for (long at : asked) {
      Optional<Leaf> leaf = parse(source.entries(at, at + 1).get(0));
      if (leaf.filter(PackedDecision::isOne).isPresent()) {
        decisions.add(at);
      }
      // How a host stood is told by all of its changes, or not at all.
      if (leaf.map(Leaf::body).orElse(null) instanceof HostChange change) {
        leaves.addAll(log.hostChanges(change.akNameDigest()));
      }
    }
    replayed
        .hosts()
        .forEach(
            (name, host) -> leaves.addAll(log.hostChanges(Hash.sha256(host.akName().bytes()))));
    leaves.addAll(log.withDescendants(decisions, most));
    for (long at : asked) {
      // What ran was let run by leaves that may stand before those that were asked for.
      leaves.addAll(log.usesBefore(at));
    }
    leaves.addAll(log.governing());
    replayed.leaves().stream().filter(at -> at < source.checkpoint().size()).forEach(leaves::add);
    if (leaves.size() < most) {
      withdrawing(log, decisions);
      leaves.addAll(log.withOrigins(leaves, most));
    }
  }

  /** Whose a workload's are, and until when an artifact above holds, payloads say that nobody asked for. */
  private void withdrawing(Lineage log, SortedSet<Long> decisions)
      throws LedgerException, IOException {
    Lineage lineage = log;
    SortedSet<Long> above = lineage.withArtifactsAbove(decisions);
    while (open(above)) {
      lineage = log.opened(known.build());
      above = lineage.withArtifactsAbove(decisions);
    }
    SortedSet<Long> workloads = new TreeSet<>();
    for (long at : withdrawals(lineage, decisions)) {
      if (parse(source.entries(at, at + 1).get(0)).filter(PackedLeaves::isOfWorkload).isPresent()) {
        workloads.add(at);
      }
    }
    if (open(workloads)) {
      lineage = log.opened(known.build());
    }
    SortedSet<Long> withdrawing = withdrawals(lineage, decisions);
    leaves.addAll(above);
    leaves.addAll(withdrawing);
    workloads.removeAll(withdrawing);
    opened.removeAll(workloads);
  }

  private static SortedSet<Long> withdrawals(Lineage lineage, SortedSet<Long> decisions)
      throws IOException {
    SortedSet<Long> leaves = new TreeSet<>();
    for (long at : decisions) {
      for (Withdrawal each : lineage.withdrawals(at)) {
        leaves.add(each.leaf());
      }
    }
    return leaves;
  }

  private static boolean isOfWorkload(Leaf leaf) {
    return leaf.body() instanceof LeafBody.ScopeRevocation some
        && some.scope() instanceof RevokedScope.OfWorkload;
  }

  /** Whether one of them was not opened before. */
  private boolean open(SortedSet<Long> beside) throws LedgerException {
    boolean more = false;
    for (long at : beside) {
      if (opened.add(at)) {
        more = true;
        open(known, payloads.at(at));
      }
    }
    return more;
  }

  /** What payloads open; one that opens nothing, or is no payload, says nothing. */
  static Openings openings(SortedSet<Long> leaves, Payloads payloads) throws LedgerException {
    Openings.Builder openings = new Openings.Builder();
    for (long at : leaves) {
      open(openings, payloads.at(at));
    }
    return openings.build();
  }

  private static void open(Openings.Builder openings, Optional<byte[]> payload) {
    try {
      if (payload.isPresent()) {
        openings.add(payload.get());
      }
    } catch (MalformedOpeningException e) {
      // A replay says what is wrong with it.
    }
  }

  static Optional<Leaf> parse(byte[] entry) {
    try {
      return Optional.of(Leaf.parse(entry));
    } catch (MalformedLeafException e) {
      return Optional.empty();
    }
  }
}
