// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedScope;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.SigningKey;
import dev.writ.service.RevocationScopes.Meant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds artifacts that stand though what they rest on does not: their policy epoch counts no more, their key is
 * compromised, their host is suspended or retired, what they were issued under is revoked, or a leaf says that
 * they are.
 */
final class UnfoundedArtifacts {
  /** Most of one kind in a round: what is left over is the next one's. */
  private static final int MOST = 64;

  /** A clock that falls back is at most so far behind: {@code LedgerRules.MAX_STEP_BACK} at each start. */
  private static final Duration MARGIN = Duration.ofMinutes(10);

  private final Ledger ledger;
  private final RevocationScopes scopes;
  private final UnfinishedRevocations unfinished;

  UnfoundedArtifacts(Ledger ledger, RevocationScopes scopes, InstantSource clock) {
    this.ledger = ledger;
    this.scopes = scopes;
    this.unfinished = new UnfinishedRevocations(ledger, clock);
  }

  /**
   * What is to be revoked.
   *
   * @param meant of what all that stands
   * @param reason why
   */
  record Unfounded(Meant meant, RevocationReason reason) {}

  List<Unfounded> find(Instant now) throws LedgerException {
    List<Unfounded> found = new ArrayList<>();
    keys(found, now);
    epochs(found, now);
    for (AkName name : ledger.inactiveHolders(MOST)) {
      Optional<Host> host = ledger.host(name);
      if (host.isPresent()) {
        add(found, scopes.of(host.get()), RevocationReason.HOST_NOT_ACTIVE);
      }
    }
    for (long orphan : ledger.orphans(MOST)) {
      Meant one = scopes.find(new RevocationTarget.OfRange(orphan, orphan + 1));
      add(found, one, RevocationReason.UNSPECIFIED);
    }
    found.addAll(unfinished.find());
    return found;
  }

  private void add(List<Unfounded> found, Meant meant, RevocationReason reason)
      throws LedgerException {
    if (ledger.liveArtifacts(meant.artifacts()).number() > 0) {
      found.add(new Unfounded(meant, reason));
    }
  }

  /** A compromise says from which leaf on what was signed counts no more; it alone may say that. */
  private void keys(List<Unfounded> found, Instant now) throws LedgerException {
    for (SigningKey key : ledger.keys()) {
      if (key.role() == KeyRole.ISSUER
          && key.state() == KeyState.COMPROMISED
          && key.activatedIndex().isPresent()
          && ledger.leaf(key.leafIndex()).orElseThrow().body() instanceof KeyChange change
          && change.state() == KeyState.COMPROMISED
          && change.kid().equals(key.kid())) {
        long from = Math.max(change.fromIndex().orElse(0), key.activatedIndex().getAsLong());
        long before = key.endedIndex().orElse(key.leafIndex());
        if (from < before && mayStand(before - 1, now)) {
          RevokedScope.Places places = new RevokedScope.Places(from, before);
          add(found, scopes.of(key.kid(), places), RevocationReason.KEY_COMPROMISE);
        }
      }
    }
  }

  /** Whether what was decided up to a leaf can live yet: else nobody need look at all that lives. */
  private boolean mayStand(long last, Instant now) throws LedgerException {
    Instant decided = ledger.leaf(last).map(Leaf::time).orElse(now);
    return now.isBefore(decided.plus(ArtifactClaims.MAX_LIFETIME).plus(MARGIN));
  }

  private void epochs(List<Unfounded> found, Instant now) throws LedgerException {
    long least = ledger.policyEpoch().map(PolicyEpoch::minEpoch).orElse(1L);
    for (long epoch = least - 1; epoch >= Math.max(1, least - MOST); epoch--) {
      Optional<PolicyEpoch> next = ledger.policyEpoch(epoch + 1);
      if (next.isPresent() && !mayStand(next.get().leafIndex(), now)) {
        return;
      }
      add(found, scopes.find(new RevocationTarget.OfEpoch(epoch)), RevocationReason.POLICY_CHANGED);
    }
  }
}
