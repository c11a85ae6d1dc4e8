// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Finds the leaves that ended an artifact: those that name it or one that it was issued under, and those that
 * withdraw all of a host, a workload, a key, a policy epoch, a range of the ledger or a break-glass. Of a key its
 * compromise does.
 */
final class Withdrawals {
  private final Lineage lineage;
  private final WithdrawalIndex index;

  /** By their leaves: what ends an artifact and one above it ends it once. */
  private final NavigableMap<Long, Withdrawal> found = new TreeMap<>();

  /** From when the artifact holds no more, if nothing withdraws it; at the latest, where it is not opened. */
  private final Instant end;

  private final boolean isEndKnown;

  private Withdrawals(Lineage lineage, WithdrawalIndex index, Instant end, boolean isEndKnown) {
    this.lineage = lineage;
    this.index = index;
    this.end = end;
    this.isEndKnown = isEndKnown;
  }

  /** In order; none of a leaf that allows nothing. */
  static List<Withdrawal> of(Lineage lineage, WithdrawalIndex index, long allow)
      throws IOException {
    List<IndexedLeaf> line = line(lineage, allow);
    if (line.isEmpty()) {
      return List.of();
    }
    IndexedLeaf own = line.get(0);
    Optional<Instant> exp = claims(lineage, own).map(ArtifactClaims::exp);
    Withdrawals withdrawals =
        new Withdrawals(
            lineage,
            index,
            exp.orElse(own.leaf().time().plus(ArtifactClaims.MAX_LIFETIME)),
            exp.isPresent());
    for (IndexedLeaf each : line) {
      withdrawals.addNaming(each, each.index() == allow);
      withdrawals.addMeaning(each);
    }
    return List.copyOf(withdrawals.found.values());
  }

  /** The allow and those of all artifacts above, of which its leaf or the opened artifact names the next. */
  static List<IndexedLeaf> line(Lineage lineage, long allow) throws IOException {
    List<IndexedLeaf> line = new ArrayList<>();
    OptionalLong next = OptionalLong.of(allow);
    while (next.isPresent()) {
      long at = next.getAsLong();
      Optional<IndexedLeaf> leaf =
          lineage
              .leaf(at)
              .filter(read -> read.body() instanceof LeafBody.DecisionAllow)
              .map(read -> new IndexedLeaf(at, read));
      leaf.ifPresent(line::add);
      next =
          leaf.flatMap(below -> above(lineage, below))
              .map(lineage::ofArtifact)
              .filter(parent -> parent.isPresent() && parent.getAsLong() < at)
              .orElse(OptionalLong.empty());
    }
    return line;
  }

  private static Optional<UuidV7> above(Lineage lineage, IndexedLeaf leaf) {
    return ((LeafBody.DecisionAllow) leaf.leaf().body())
        .parent()
        .or(() -> claims(lineage, leaf).flatMap(claims -> claims.lineage().parent()));
  }

  private static Optional<ArtifactClaims> claims(Lineage lineage, IndexedLeaf leaf) {
    return lineage
        .openings()
        .artifact(((LeafBody.DecisionAllow) leaf.leaf().body()).artifactDigest());
  }

  private void addNaming(IndexedLeaf allow, boolean isOwn) throws IOException {
    for (long naming : lineage.revocations(allow.index())) {
      if (isOwn) {
        put(new Withdrawal(naming, allow.index(), true));
      } else {
        add(
            allow,
            new WithdrawalIndex.Place(naming, lineage.leaf(naming).orElseThrow().time()),
            true);
      }
    }
  }

  private void addMeaning(IndexedLeaf allow) throws IOException {
    long at = allow.index();
    boolean underBreakglass = false;
    for (IndexedLeaf parent : lineage.parents(allow)) {
      if (parent.leaf().body() instanceof LeafBody.Enrolment host) {
        index.ofHost(host.akNameDigest(), at).forEach(place -> add(allow, place, true));
      }
      underBreakglass |= parent.leaf().body() instanceof GovernanceStep.Begun;
    }
    if (underBreakglass) {
      index.ofBreakglass(at).forEach(place -> add(allow, place, true));
    }
    index.ofPlaces(at).forEach(place -> add(allow, place, true));
    Optional<String> subject = subject(allow);
    for (Map.Entry<WithdrawalIndex.Place, Commitment> each : index.ofWorkloads(at).entrySet()) {
      Optional<String> meant = lineage.openings().value(each.getValue());
      boolean isOpened = subject.isPresent() && meant.isPresent();
      if (!isOpened || subject.equals(meant)) {
        add(allow, each.getKey(), isOpened);
      }
    }
  }

  private Optional<String> subject(IndexedLeaf allow) {
    LeafBody.DecisionAllow body = (LeafBody.DecisionAllow) allow.leaf().body();
    return lineage
        .openings()
        .value(body.subject())
        .or(() -> claims(lineage, allow).map(ArtifactClaims::sub));
  }

  /** What had ended is not withdrawn any more, whatever was above it. */
  private void add(IndexedLeaf allow, WithdrawalIndex.Place place, boolean isMeant) {
    if (place.time().isBefore(end)) {
      put(new Withdrawal(place.leaf(), allow.index(), isMeant && isEndKnown));
    }
  }

  private void put(Withdrawal withdrawal) {
    Withdrawal unused =
        found.merge(
            withdrawal.leaf(),
            withdrawal,
            (known, other) -> known.isCertain() || !other.isCertain() ? known : other);
  }
}
