// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevokedScope;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The leaves of a log that withdraw what they do not name one by one, by what they mean, in order. */
final class WithdrawalIndex {
  private final Map<Hash, List<Place>> ofHosts = new HashMap<>();
  private final List<OfWorkload> ofWorkloads = new ArrayList<>();
  private final List<OfPlaces> ofPlaces = new ArrayList<>();
  private final List<Place> ofBreakglass = new ArrayList<>();
  private final Map<RevokedScope, Place> newest = new HashMap<>();
  private final Set<Long> continued = new HashSet<>();
  private final SigningPlaces signing = new SigningPlaces();

  /** Where one stands, and its time. */
  record Place(long leaf, Instant time) {}

  /** One that withdraws what was decided for a workload before a place. */
  private record OfWorkload(Place place, Commitment subject, long before) {}

  /** One that withdraws what was decided between two places. */
  private record OfPlaces(Place place, RevokedScope.Places meant) {}

  /** Takes the leaf at a place behind all that were taken. */
  void take(long index, Leaf leaf) {
    Place place = new Place(index, leaf.time());
    LeafBody body = leaf.body();
    signing.take(index, body);
    signing.compromised(body).ifPresent(places -> ofPlaces.add(new OfPlaces(place, places)));
    if (body instanceof LeafBody.BootRevocation boot) {
      add(boot.akNameDigest(), place);
    } else if (body instanceof LeafBody.ScopeRevocation some) {
      takePart(some.scope(), place);
      if (some.scope() instanceof RevokedScope.OfHost host) {
        add(host.akNameDigest(), place);
      } else if (some.scope() instanceof RevokedScope.OfWorkload workload) {
        ofWorkloads.add(new OfWorkload(place, workload.subject(), workload.beforeIndex()));
      }
      some.scope().byPlaces().ifPresent(places -> ofPlaces.add(new OfPlaces(place, places)));
    } else if (body instanceof GovernanceStep.Ordered step && step.revokes()) {
      ofBreakglass.add(place);
    }
  }

  private void takePart(RevokedScope scope, Place place) {
    @Nullable Place before = newest.put(scope, place);
    if (before != null && !place.time().isAfter(before.time().plus(RevokedScope.BETWEEN_PARTS))) {
      boolean unused = continued.add(before.leaf());
    }
  }

  /** Whether all that a leaf says is true at its place: of a revocation in parts that is the last one's. */
  boolean isWhole(long leaf) {
    return !continued.contains(leaf);
  }

  private void add(Hash akNameDigest, Place place) {
    ofHosts.computeIfAbsent(akNameDigest, first -> new ArrayList<>()).add(place);
  }

  /** Those that withdraw all artifacts of a host, or of its boots, that stand before them. */
  List<Place> ofHost(Hash akNameDigest, long decision) {
    return after(ofHosts.getOrDefault(akNameDigest, List.of()), decision);
  }

  /** Those that end what was issued under a break-glass and stands before them. */
  List<Place> ofBreakglass(long decision) {
    return after(ofBreakglass, decision);
  }

  private static List<Place> after(List<Place> places, long decision) {
    return places.stream().filter(place -> place.leaf() > decision).toList();
  }

  /** Those that withdraw what a range of leaves decided in which this one is. */
  List<Place> ofPlaces(long decision) {
    return ofPlaces.stream()
        .filter(
            each ->
                each.place().leaf() > decision
                    && each.meant().fromIndex() <= decision
                    && decision < each.meant().beforeIndex())
        .map(OfPlaces::place)
        .toList();
  }

  /** Those that withdraw what a workload had when this was decided, by what they commit to. */
  Map<Place, Commitment> ofWorkloads(long decision) {
    Map<Place, Commitment> found = new HashMap<>();
    for (OfWorkload each : ofWorkloads) {
      if (each.place().leaf() > decision && decision < each.before()) {
        found.put(each.place(), each.subject());
      }
    }
    return found;
  }
}
