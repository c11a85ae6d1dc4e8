// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.hsm.Ed25519Key;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings a ledger to where decisions can begin: the service's keys are in it, and a policy is in
 * force. In a new ledger that makes the first leaves; in one that has them already, nothing.
 */
final class Genesis {
  private final Ledger ledger;
  private final TrustFiles trust;
  private final InstantSource clock;
  private final SecureRandom random;

  Genesis(Ledger ledger, TrustFiles trust, InstantSource clock, SecureRandom random) {
    this.ledger = ledger;
    this.trust = trust;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Puts what is missing into the ledger: the keys; then, where there is none or nobody has to sign it, the
   * configured policy with the next epoch.
   *
   * @return what is to be made of the newest policy
   */
  PolicyStanding begin(KeysInUse inUse, String origin, GivenPolicy configured)
      throws LedgerException, ServiceStartException {
    UsablePolicy policy = usable(configured);
    IssuerKeys keys = inUse.atStart();
    KeysInUse.InUse checkpoint = inUse.of(KeyRole.CHECKPOINT);
    KeyWindow window = KeyWindow.of(KeyRole.CHECKPOINT, checkpoint.key());
    Hash checkpointLeaf =
        introduce(
            new Introduced(
                checkpoint.key().toString(),
                checkpoint.kid(),
                KeyRole.CHECKPOINT,
                KeyAlgorithm.ES256,
                window,
                Optional.of(NoteKey.ofP256(origin, checkpoint.key().publicKey()).vkey())),
            List.of());
    if (keys.checkpointEd25519().isPresent()) {
      Ed25519Key second = keys.checkpointEd25519().get();
      Hash unused =
          introduce(
              new Introduced(
                  second.toString(),
                  JwkThumbprint.ofEd25519(second.point()),
                  KeyRole.CHECKPOINT,
                  KeyAlgorithm.ED25519,
                  window,
                  Optional.of(NoteKey.ofEd25519(origin, second.point()).vkey())),
              List.of(checkpointLeaf));
    }
    List<Hash> leaves = new ArrayList<>();
    for (KeyRole role : List.of(KeyRole.ISSUER, KeyRole.STATUS, KeyRole.TLS, KeyRole.ATTESTATION)) {
      leaves.add(introduce(Introduced.signing(inUse.of(role), role), List.of(checkpointLeaf)));
    }
    return putInForce(configured, policy, leaves);
  }

  private static UsablePolicy usable(GivenPolicy file) throws ServiceStartException {
    try {
      return UsablePolicy.of(file.document());
    } catch (UnusablePolicyException e) {
      throw new ServiceStartException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * A key as the ledger is told of it.
   *
   * @param name for messages
   */
  private record Introduced(
      String name,
      Hash kid,
      KeyRole role,
      KeyAlgorithm alg,
      KeyWindow window,
      Optional<String> vkey) {
    static Introduced signing(KeysInUse.InUse inUse, KeyRole role) {
      return new Introduced(
          inUse.key().toString(),
          inUse.kid(),
          role,
          KeyAlgorithm.ES256,
          KeyWindow.of(role, inUse.key()),
          Optional.empty());
    }
  }

  /**
   * The leaf of a key, made if the ledger does not know the key yet. Of nodes that start at once on an
   * empty ledger one makes it, and the others find it.
   */
  private Hash introduce(Introduced key, List<Hash> parents)
      throws LedgerException, ServiceStartException {
    Optional<SigningKey> known = ledger.key(key.kid());
    if (known.isPresent()) {
      requireUsable(known.get(), key.name(), key.role());
      return LeafHashes.of(ledger, known.get().leafIndex());
    }
    if (key.alg() == KeyAlgorithm.ES256) {
      // Of the checkpoint's keys it is the P-256 one that shows whose ledger this is.
      requireVacant(key.role(), key.kid());
    }
    LeafBody body =
        new LeafBody.KeyStatement(key.kid(), key.role(), key.alg(), KeyState.ACTIVE, key.vkey());
    StateChange change =
        new StateChange.SetKey(
            key.kid(),
            key.role(),
            KeyState.ACTIVE,
            key.window().notBefore(),
            key.window().notAfter());
    Precondition.KeyUnknown unknown = new Precondition.KeyUnknown(key.kid());
    Optional<Hash> made = commit(Entry.of(leaf(parents, body), change).given(unknown), unknown);
    return made.isPresent() ? made.get() : introduce(key, parents);
  }

  /**
   * A role that a key has is not given to another because it was there at a start: the token may be
   * somebody else's.
   */
  private void requireVacant(KeyRole role, Hash kid) throws LedgerException, ServiceStartException {
    for (SigningKey other : ledger.keys()) {
      // Another node may have introduced this very key since it was looked for.
      if (other.role() == role && other.state() == KeyState.ACTIVE && !other.kid().equals(kid)) {
        throw new ServiceStartException(
            "the ledger's active "
                + role.wire()
                + " key must be the token's, is "
                + other.kid().hex()
                + ", and the token's is "
                + kid.hex()
                + ": open the token that belongs to this ledger, or name another folder");
      }
    }
  }

  /** A service whose key may not sign would deny whatever it is asked. */
  private void requireUsable(SigningKey known, String key, KeyRole role)
      throws LedgerException, ServiceStartException {
    if (known.role() != role) {
      throw new ServiceStartException(
          "the key "
              + key
              + ", "
              + known.kid().hex()
              + ", must be the ledger's "
              + role.wire()
              + " key, and is known to it as the "
              + known.role().wire()
              + " key: each key has one role");
    }
    if (!known.maySign(clock.instant()) && !isFollowed(known)) {
      throw new ServiceStartException(
          "the key "
              + key
              + " must be active and in its window, and is "
              + known.state().wire()
              + ", from "
              + known.notBefore()
              + " to "
              + known.notAfter()
              + ": check the clock, or bring another key into use");
    }
  }

  /** A key that was to sign while the service was down does at its start, before anything is asked. */
  private boolean isFollowed(SigningKey known) throws LedgerException {
    Instant now = clock.instant();
    return known.state() == KeyState.ACTIVE
        && ledger.keys().stream()
            .anyMatch(
                key ->
                    key.role() == known.role()
                        && key.state() == KeyState.PREPUBLISHED
                        && !now.isBefore(key.notBefore())
                        && now.isBefore(key.notAfter()));
  }

  /**
   * Puts it in force unless one is, or nobody has to sign policies and another is. Of nodes that do so at
   * once, the first does.
   */
  private PolicyStanding putInForce(
      GivenPolicy configured, UsablePolicy policy, List<Hash> keyLeaves)
      throws LedgerException, ServiceStartException {
    TrustContent believed = trust.newest().content();
    Optional<PolicyEpoch> current = ledger.policyEpoch();
    Hash digest = PolicyInForce.digestOf(policy.document());
    if (current.isPresent()) {
      boolean isSame = current.get().policyDigest().equals(digest);
      if (believed.policyApprovers().isPresent()) {
        requireKnown(configured, current.get());
        return new KeptPolicies(ledger, trust).standing(current.get());
      } else if (isSame && configured.envelope().isEmpty()) {
        return new PolicyStanding.Usable(
            policy.inForce(
                current.get().epoch(), LeafHashes.of(ledger, current.get().leafIndex())));
      }
    }
    Optional<Denial> stranger = KeptPolicies.whyNotBelieved(configured, believed);
    if (stranger.isPresent()) {
      throw new ServiceStartException(stranger.get().message());
    }
    long inForce = current.map(PolicyEpoch::epoch).orElse(0L);
    List<Hash> parents = new ArrayList<>(keyLeaves);
    if (current.isPresent()) {
      parents.add(LeafHashes.of(ledger, current.get().leafIndex()));
    }
    Leaf leaf = leaf(parents, PolicyEntries.body(policy.document(), inForce + 1));
    Precondition.EpochIs unchanged = new Precondition.EpochIs(inForce);
    Entry entry =
        PolicyEntries.entry(
            leaf, configured, unchanged, new Precondition.NoTrustAfter(believed.version()));
    Optional<Hash> made = commit(entry, unchanged);
    return made.isPresent()
        ? new PolicyStanding.Usable(policy.inForce(inForce + 1, made.get()))
        : putInForce(configured, policy, keyLeaves);
  }

  /**
   * Where policies are published a file changes nothing: the ledger's newest is in force. One that was
   * never published is meant to be, and stops the start.
   */
  private void requireKnown(GivenPolicy configured, PolicyEpoch current)
      throws LedgerException, ServiceStartException {
    Hash digest = PolicyInForce.digestOf(configured.document());
    for (long epoch = current.epoch(); epoch > 0; epoch--) {
      if (ledger.policyEpoch(epoch).map(PolicyEpoch::policyDigest).equals(Optional.of(digest))) {
        return;
      }
    }
    throw new ServiceStartException(
        "the configured policy must be one that was published in this ledger, and "
            + configured.document()
            + " was not, while epoch "
            + current.epoch()
            + ", policy "
            + current.policyDigest()
            + ", is in force: name one that was, start, and publish this one with writ policy publish");
  }

  private Leaf leaf(List<Hash> parents, LeafBody body) {
    return Leaf.of(Instant.ofEpochMilli(clock.millis()), UuidV7.next(clock, random), parents, body);
  }

  /** The leaf's hash; empty where another node came first, so that {@code needed} holds no more. */
  private Optional<Hash> commit(Entry entry, Precondition needed)
      throws LedgerException, ServiceStartException {
    CommitOutcome outcome = ledger.commit(entry).toCompletableFuture().join();
    if (outcome instanceof CommitOutcome.Receipt receipt) {
      return Optional.of(receipt.leaf().hash());
    }
    if (outcome instanceof CommitOutcome.Superseded superseded
        && superseded.reason().equals(needed)) {
      return Optional.empty();
    }
    throw new ServiceStartException(
        "the ledger must take the service's first leaves, and did not ("
            + (outcome instanceof CommitOutcome.Unavailable unavailable
                ? unavailable.code() + ": " + unavailable.message()
                : outcome)
            + "); start again once it can");
  }
}
