// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.RevokedScope;
import dev.writ.ledger.ArtifactScope;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Finds what somebody means whose artifacts are to be revoked.
 *
 * <p>A key signs, and an epoch is in force, from one leaf to another: both are found as the places between. The
 * tree's size is read before the rows that say where they end, so that what has no end yet is meant up to a
 * leaf at which it had none, and nothing is that came under another.
 */
final class RevocationScopes {
  private final Ledger ledger;
  private final Supplier<Hash> policyLeaf;
  private final SecureRandom random;

  RevocationScopes(Ledger ledger, Supplier<Hash> policyLeaf, SecureRandom random) {
    this.ledger = ledger;
    this.policyLeaf = policyLeaf;
    this.random = random;
  }

  /**
   * What is meant.
   *
   * @param scope as a leaf says it
   * @param artifacts as the ledger finds it
   * @param parents of that leaf
   * @param payload that belongs beside it
   */
  record Meant(
      RevokedScope scope, ArtifactScope artifacts, List<Hash> parents, Optional<byte[]> payload) {}

  /** Of what is asked for, where there is such a thing. */
  Meant find(RevocationTarget target) throws LedgerException {
    if (target instanceof RevocationTarget.OfHost named) {
      Optional<Host> host = ledger.hostByName(named.name());
      if (host.isEmpty()) {
        throw unknown("a host must be enrolled under this name, and none is");
      }
      return of(host.get());
    } else if (target instanceof RevocationTarget.OfKey key) {
      return of(key);
    } else if (target instanceof RevocationTarget.OfEpoch epoch) {
      return of(epoch);
    } else if (target instanceof RevocationTarget.OfWorkload workload) {
      return of(workload);
    }
    RevocationTarget.OfRange range = (RevocationTarget.OfRange) target;
    long size = ledger.size();
    if (range.beforeIndex() <= range.fromIndex() || range.beforeIndex() > size) {
      throw unknown(
          "a range must end after it begins and with one of the ledger's "
              + size
              + " leaves, was from "
              + range.fromIndex()
              + " to before "
              + range.beforeIndex());
    }
    RevokedScope.Places places = new RevokedScope.Places(range.fromIndex(), range.beforeIndex());
    return between(new RevokedScope.OfRange(places), places, policyLeaf.get());
  }

  /** All of a host's. */
  Meant of(Host host) throws LedgerException {
    return new Meant(
        new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())),
        new ArtifactScope.OfHost(host.akName()),
        List.of(policyLeaf.get(), LeafHashes.of(ledger, host.leafIndex())),
        Optional.empty());
  }

  private Meant of(RevocationTarget.OfKey named) throws LedgerException {
    long size = ledger.size();
    Optional<SigningKey> key =
        ledger
            .key(named.kid())
            .filter(row -> row.role() == KeyRole.ISSUER && row.activatedIndex().isPresent());
    if (key.isEmpty()) {
      throw unknown("an issuer's key must have signed under this thumbprint, and none has");
    }
    RevokedScope.Places places =
        new RevokedScope.Places(
            key.get().activatedIndex().getAsLong(),
            Math.min(size, key.get().endedIndex().orElse(size)));
    return of(named.kid(), places);
  }

  /** What a key signed at some places. */
  Meant of(Hash kid, RevokedScope.Places places) {
    return between(new RevokedScope.OfKey(kid, places), places, policyLeaf.get());
  }

  private Meant of(RevocationTarget.OfEpoch named) throws LedgerException {
    long size = ledger.size();
    Optional<PolicyEpoch> epoch = ledger.policyEpoch(named.epoch());
    if (epoch.isEmpty()) {
      throw unknown("a policy must have come into force under this epoch, and none has");
    }
    long from = epoch.get().leafIndex();
    long before = ledger.policyEpoch(named.epoch() + 1).map(PolicyEpoch::leafIndex).orElse(size);
    RevokedScope.Places places = new RevokedScope.Places(from, Math.min(size, before));
    return between(
        new RevokedScope.OfEpoch(named.epoch(), places), places, LeafHashes.of(ledger, from));
  }

  private Meant of(RevocationTarget.OfWorkload named) {
    long size = ledger.size();
    String sub = named.sub();
    byte[] bytes = sub.getBytes(StandardCharsets.UTF_8);
    byte[] salt = Commitment.newSalt(random);
    return new Meant(
        new RevokedScope.OfWorkload(Commitment.of(salt, bytes), size),
        new ArtifactScope.OfWorkload(Hash.sha256(bytes), size),
        List.of(policyLeaf.get()),
        Optional.of(Payload.workload(sub, salt, Commitment.newSalt(random))));
  }

  private static Meant between(RevokedScope scope, RevokedScope.Places places, Hash policy) {
    return new Meant(
        scope,
        new ArtifactScope.Between(places.fromIndex(), places.beforeIndex()),
        List.of(policy),
        Optional.empty());
  }

  private static DeniedException unknown(String message) {
    return new DeniedException(new Denial(DenialCode.ARTIFACT_MISSING, "scope_unknown", message));
  }
}
