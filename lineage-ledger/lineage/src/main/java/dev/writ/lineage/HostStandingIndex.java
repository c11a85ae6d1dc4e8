// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** How hosts stood from which leaf of a log on: each is active from its enrolment until one says otherwise. */
final class HostStandingIndex {
  private final Map<Hash, NavigableMap<Long, HostStanding>> told = new HashMap<>();

  /** Takes the leaf at a place behind all that were taken. */
  void take(long place, Leaf leaf) {
    if (leaf.body() instanceof HostChange change) {
      told.computeIfAbsent(change.akNameDigest(), first -> new TreeMap<>())
          .put(place, change.state());
    }
  }

  /** How a host stands before leaf {@code place}, by the last leaf that says so. */
  HostStanding before(Hash akNameDigest, long place) {
    return Optional.ofNullable(told.get(akNameDigest))
        .map(changes -> changes.lowerEntry(place))
        .map(Map.Entry::getValue)
        .orElse(HostStanding.ACTIVE);
  }

  /** Leaves that say how a host stands, in order. */
  List<Long> changes(Hash akNameDigest) {
    return Optional.ofNullable(told.get(akNameDigest))
        .map(changes -> List.copyOf(changes.keySet()))
        .orElse(List.of());
  }
}
