// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.LeafBody;
import dev.writ.ledger.LedgerRules;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.Withdrawal;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What ended the artifacts that were asked for before their time, as the leaves of a pack tell it, and of which it
 * is shown that nothing did: every leaf from the decision on is here, until the artifact had ended or to the
 * checkpoint.
 */
final class PackedRevocations {
  private static final int NAMED = 3;

  private final PackContents contents;
  private final Lineage lineage;

  /** Leaves that stand one behind the other, by the first of them. */
  private final NavigableMap<Long, Run> runs = new TreeMap<>();

  private final NavigableMap<Long, List<Withdrawal>> found = new TreeMap<>();

  /** What is shown of an artifact that no leaf here ended. */
  enum Absence {
    /** Whatever stands behind the leaves that are here comes after its end. */
    UNTIL_ITS_END,
    /** Every leaf up to the checkpoint is here, and it holds on. */
    TO_THE_CHECKPOINT,
    /** A leaf that is not here could end it. */
    NOT_SHOWN
  }

  /**
   * Leaves that stand one behind the other.
   *
   * @param end the first place behind them
   * @param newest the latest of their times
   */
  private record Run(long end, Instant newest) {}

  private PackedRevocations(PackContents contents, Lineage lineage) {
    this.contents = contents;
    this.lineage = lineage;
  }

  /** Of the decisions that were asked for. */
  static PackedRevocations of(PackContents contents, Lineage lineage) throws IOException {
    PackedRevocations revocations = new PackedRevocations(contents, lineage);
    revocations.run();
    for (long at : contents.asked().keySet()) {
      if (contents.at(at).leaf().body() instanceof LeafBody.DecisionAllow) {
        revocations.found.put(at, lineage.withdrawals(at));
      }
    }
    return revocations;
  }

  private void run() {
    long start = contents.leaves().firstKey();
    long end = start;
    Instant newest = contents.at(start).leaf().time();
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      Instant time = each.getValue().leaf().time();
      if (each.getKey() != end) {
        start = each.getKey();
        newest = time;
      }
      end = each.getKey() + 1;
      newest = time.isAfter(newest) ? time : newest;
      Run unused = runs.put(start, new Run(end, newest));
    }
  }

  /** What ended the artifact of a decision that was asked for, or may have, in order. */
  List<Withdrawal> of(long at) {
    return found.getOrDefault(at, List.of());
  }

  /** Which leaf ended it first, where one did. */
  private Optional<Withdrawal> since(long at) {
    return of(at).stream().filter(Withdrawal::isCertain).findFirst();
  }

  /** Of an artifact of which no leaf here says anything. */
  Absence absence(long at) {
    Run run = runs.floorEntry(at).getValue();
    LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) contents.at(at).leaf().body();
    Instant end =
        lineage
            .openings()
            .artifact(allow.artifactDigest())
            .map(ArtifactClaims::exp)
            .orElse(contents.at(at).leaf().time().plus(ArtifactClaims.MAX_LIFETIME));
    if (!run.newest().minus(LedgerRules.MAX_STEP_BACK).isBefore(end)) {
      return Absence.UNTIL_ITS_END;
    }
    return run.end() == contents.checkpoint().size()
        ? Absence.TO_THE_CHECKPOINT
        : Absence.NOT_SHOWN;
  }

  /** What is said of all of them. */
  PackCheck check() {
    NavigableMap<Long, List<Long>> ended = new TreeMap<>();
    List<String> doubted = new ArrayList<>();
    int shown = 0;
    int holding = 0;
    int notShown = 0;
    for (long at : found.keySet()) {
      Optional<Withdrawal> since = since(at);
      if (since.isPresent()) {
        ended.computeIfAbsent(since.get().leaf(), first -> new ArrayList<>()).add(at);
      } else if (!of(at).isEmpty()) {
        doubted.add("of leaf " + at + " perhaps by " + words(of(at).get(0).leaf()));
      } else {
        switch (absence(at)) {
          case UNTIL_ITS_END -> shown++;
          case TO_THE_CHECKPOINT -> holding++;
          case NOT_SHOWN -> notShown++;
        }
      }
    }
    List<String> said = new ArrayList<>();
    ended.forEach((leaf, allows) -> said.add("by " + words(leaf) + " that of " + first(allows)));
    said.addAll(doubted);
    int revoked = ended.values().stream().mapToInt(List::size).sum();
    String words =
        "of "
            + found.size()
            + " artifacts asked for "
            + revoked
            + " were revoked"
            + (said.isEmpty() ? "" : ": " + first(said, "; "))
            + "; that no leaf did is shown of "
            + (shown + holding)
            + (holding > 0 ? ", of " + holding + " as of the checkpoint" : "")
            + (notShown > 0 ? ", and not shown of " + notShown : "");
    return notShown > 0 || !doubted.isEmpty()
        ? PackCheck.notShown(PackCheck.Name.REVOCATIONS, words)
        : PackCheck.holds(PackCheck.Name.REVOCATIONS, words);
  }

  /** The first few of some leaves. */
  static String first(List<Long> leaves) {
    return (leaves.size() > 1 ? "leaves " : "leaf ")
        + first(leaves.stream().map(String::valueOf).toList(), ", ");
  }

  private static String first(List<String> words, String between) {
    return String.join(between, words.subList(0, Math.min(NAMED, words.size())))
        + (words.size() > NAMED ? between + (words.size() - NAMED) + " more" : "");
  }

  /** A leaf that withdraws, and what of. */
  String words(long leaf) {
    PackContents.Packed packed = contents.at(leaf);
    return "leaf " + leaf + " of " + packed.leaf().time() + " (" + why(packed.leaf().body()) + ")";
  }

  private static String why(LeafBody body) {
    if (body instanceof LeafBody.Revocation one) {
      return "artifact " + one.jti() + ", " + one.reason().wire();
    } else if (body instanceof LeafBody.BootRevocation boot) {
      return "host, " + boot.reason().wire();
    } else if (body instanceof LeafBody.ScopeRevocation some) {
      return some.scope().wire() + ", " + some.reason().wire() + ", by " + some.by().wire();
    } else if (body instanceof KeyChange key) {
      return key.role().wire() + " key, " + key.state().wire();
    } else if (body instanceof GovernanceStep step) {
      return step.of() + ", " + step.event();
    }
    throw new IllegalStateException("a bug: a leaf of " + body.getClass() + " withdraws nothing");
  }
}
