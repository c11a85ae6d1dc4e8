// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What must hold of a ledger whenever its service comes back, however it ended. It remembers what it
 * saw in the rounds before: a ledger that is whole and another one is found out.
 *
 * <p>A nonce leaves no trace of its own in the ledger. But evidence is a quote over one nonce, and its
 * digest stands in the leaf: two leaves that allow on the same evidence are one nonce used twice.
 */
final class CrashChecks {
  private final LedgerView ledger;
  private final Set<String> usedChallenges = new HashSet<>();
  private final Map<Hash, Long> allowedEvidence = new HashMap<>();
  private Optional<Checkpoint> newest = Optional.empty();
  private long leavesRead;

  CrashChecks(LedgerView ledger) {
    this.ledger = ledger;
  }

  /**
   * Whether all that was acknowledged is in the ledger, and the ledger only grew.
   *
   * @return what does not hold, in words; empty if all holds
   */
  List<String> findLost(List<Acknowledged> acknowledged) throws IOException {
    List<String> problems = new ArrayList<>();
    Checkpoint now = ledger.checkpoint();
    newest.ifPresent(before -> requireGrown(before, now, problems));
    acknowledged.stream()
        .map(Acknowledged::checkpoint)
        .max(Comparator.comparingLong(Checkpoint::size))
        .ifPresent(before -> requireGrown(before, now, problems));
    for (Acknowledged each : acknowledged) {
      if (!usedChallenges.add(each.challenge())) {
        problems.add("two artifacts were given for the challenge " + each.challenge());
      }
      if (each.index() >= now.size()) {
        problems.add("leaf " + each.index() + " was acknowledged, the tree has " + now.size());
      } else if (ledger.inclusion(each.index(), now.size()).verify(each.leaf(), now.root())
          instanceof ProofOutcome.NotProven notProven) {
        problems.add(
            "leaf " + each.index() + " was acknowledged and is not there: " + notProven.reason());
      }
    }
    newest = Optional.of(now);
    return problems;
  }

  private void requireGrown(Checkpoint before, Checkpoint now, List<String> problems) {
    if (before.size() > now.size()) {
      problems.add("the tree had " + before.size() + " leaves, and has " + now.size());
      return;
    }
    try {
      if (ledger.consistency(before.size(), now.size()).verify(before.root(), now.root())
          instanceof ProofOutcome.NotProven notProven) {
        problems.add(
            "the tree of "
                + before.size()
                + " leaves must be a beginning of the one of "
                + now.size()
                + ", and is not shown to be: "
                + notProven.reason());
      }
    } catch (IOException e) {
      problems.add("there is no proof that the tree only grew: " + e.getMessage());
    }
  }

  /** Whether any evidence was allowed twice; reads every leaf once. */
  List<String> findReusedNonces() throws IOException {
    List<String> problems = new ArrayList<>();
    long size = ledger.checkpoint().size();
    for (Leaf leaf : ledger.leaves(leavesRead, size)) {
      if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
        Long earlier = allowedEvidence.putIfAbsent(allow.evidenceDigest(), leavesRead);
        if (earlier != null) {
          problems.add(
              "leaves " + earlier + " and " + leavesRead + " allow on one nonce's evidence");
        }
      }
      leavesRead++;
    }
    return problems;
  }
}
