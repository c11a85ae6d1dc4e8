// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevokedScope;
import dev.writ.ledger.ArtifactScope;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.service.RevocationScopes.Meant;
import dev.writ.service.UnfoundedArtifacts.Unfounded;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds revocations in parts of which a leaf is in the ledger and the last part is not: whoever made them was
 * stopped between. One of which a new leaf came since the round before may be under way, and is left alone.
 */
final class UnfinishedRevocations {
  /** Most that are counted in a round: what is left over is the next one's. */
  private static final int MOST = 64;

  private static final int PAGE = 256;

  private final Ledger ledger;
  private final InstantSource clock;

  /** The newest leaf of each scope of which it is not known that nothing stands. */
  private final Map<RevokedScope, Begun> begun = new LinkedHashMap<>();

  /** Leaves before it were looked at, or are too old to withdraw anything that still holds. */
  private long next;

  UnfinishedRevocations(Ledger ledger, InstantSource clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  private record Begun(long index, Leaf leaf, LeafBody.ScopeRevocation body) {}

  /** What is left of them, to be revoked by leaves that say the same. */
  synchronized List<Unfounded> find() throws LedgerException {
    Instant oldest = clock.instant().minus(WebhookDelivery.MATTERS);
    Map<RevokedScope, Begun> since = since(oldest);
    begun.putAll(since);
    List<Unfounded> found = new ArrayList<>();
    List<Begun> due =
        begun.values().stream()
            .filter(one -> !since.containsKey(one.body().scope()))
            .limit(MOST)
            .toList();
    for (Begun one : due) {
      Optional<Unfounded> rest = one.leaf().time().isBefore(oldest) ? Optional.empty() : rest(one);
      begun.remove(one.body().scope());
      if (rest.isPresent()) {
        found.add(rest.get());
        // Behind the others, whose turn it is if this one fails.
        begun.put(one.body().scope(), one);
      }
    }
    return found;
  }

  /** The newest leaf of each scope that came since the last call; at first, of those that are not too old. */
  private Map<RevokedScope, Begun> since(Instant oldest) throws LedgerException {
    // What is in an archive is days old, and the archive may be away.
    long from = Math.max(next, ledger.retention().minimumIndex());
    long reached = from;
    Map<RevokedScope, Begun> since = new HashMap<>();
    List<Long> places = ledger.newestRevocations(from, Long.MAX_VALUE, PAGE);
    boolean old = false;
    while (!old && !places.isEmpty()) {
      reached = Math.max(reached, places.get(0) + 1);
      for (long place : places) {
        Leaf leaf = ledger.leaf(place).orElseThrow();
        old = leaf.time().isBefore(oldest);
        if (old) {
          break;
        }
        if (leaf.body() instanceof LeafBody.ScopeRevocation some) {
          Begun unused = since.putIfAbsent(some.scope(), new Begun(place, leaf, some));
        }
      }
      places = ledger.newestRevocations(from, places.get(places.size() - 1), PAGE);
    }
    next = reached;
    return since;
  }

  /** Empty where nothing stands, or nobody can say any more whose the artifacts are. */
  private Optional<Unfounded> rest(Begun one) throws LedgerException {
    Optional<ArtifactScope> artifacts = ledger.artifactsOf(one.index(), one.body().scope());
    if (artifacts.isEmpty() || !stands(one, artifacts.get())) {
      return Optional.empty();
    }
    Meant meant =
        new Meant(
            one.body().scope(), artifacts.get(), one.leaf().parents(), ledger.payload(one.index()));
    return Optional.of(new Unfounded(meant, one.body().reason()));
  }

  /** A host's leaf alone does not say up to where, and a host may have others since. */
  private boolean stands(Begun one, ArtifactScope artifacts) throws LedgerException {
    return artifacts instanceof ArtifactScope.OfHost host
        ? ledger.hasArtifactBefore(host.akName(), one.index())
        : ledger.liveArtifacts(artifacts).number() > 0;
  }
}
