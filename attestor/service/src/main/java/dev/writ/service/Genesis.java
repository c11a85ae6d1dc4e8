// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Governance;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyReference;
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
import dev.writ.policy.Obligation;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings a ledger to where decisions can begin: the service's keys are in it, and a policy is in
 * force. In a new ledger that makes the first leaves; in one that has them already, nothing.
 */
final class Genesis {
  private final Ledger ledger;
  private final InstantSource clock;
  private final SecureRandom random;

  Genesis(Ledger ledger, InstantSource clock, SecureRandom random) {
    this.ledger = ledger;
    this.clock = clock;
    this.random = random;
  }

  /** Puts what is missing into the ledger: the keys, then the policy with the next epoch. */
  PolicyInForce begin(KeysInUse inUse, String origin, Policy policy)
      throws LedgerException, ServiceStartException {
    requireGrantable(policy.document());
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
    return putInForce(policy, leaves);
  }

  /** What this policy can oblige to must fit into an artifact: better found here than at a grant. */
  private static void requireGrantable(PolicyDocument document) throws ServiceStartException {
    List<String> obligations =
        document.rules().stream()
            .filter(rule -> rule.mode() == Rule.Mode.ENFORCE)
            .flatMap(rule -> rule.obligations().stream())
            .map(Obligation::wire)
            .distinct()
            .toList();
    try {
      var unused =
          new Governance("host", List.of(), obligations, Governance.Mode.STANDARD).obligations();
    } catch (IllegalArgumentException e) {
      throw new ServiceStartException(
          "what the enforced rules of policy "
              + document.id()
              + " oblige to must fit into one artifact, and does not: "
              + e.getMessage());
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
      if (other.role() == role && other.state() == KeyState.ACTIVE) {
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

  /** Puts it in force unless it is. Of nodes that do so at once, the first does. */
  private PolicyInForce putInForce(Policy policy, List<Hash> keyLeaves)
      throws LedgerException, ServiceStartException {
    PolicyDocument document = policy.document();
    Map<String, Expectation> expectations = Expectation.ofAll(document);
    Hash digest = PolicyInForce.digestOf(document);
    Optional<PolicyEpoch> current = ledger.policyEpoch();
    if (current.isPresent() && current.get().policyDigest().equals(digest)) {
      return new PolicyInForce(
          policy,
          current.get().epoch(),
          LeafHashes.of(ledger, current.get().leafIndex()),
          expectations);
    }
    long inForce = current.map(PolicyEpoch::epoch).orElse(0L);
    List<Hash> parents = new ArrayList<>(keyLeaves);
    if (current.isPresent()) {
      parents.add(LeafHashes.of(ledger, current.get().leafIndex()));
    }
    LeafBody body =
        new LeafBody.PolicyInForce(
            new PolicyReference(document.id(), document.version(), digest, inForce + 1));
    Precondition.EpochIs unchanged = new Precondition.EpochIs(inForce);
    Entry entry =
        Entry.of(leaf(parents, body), new StateChange.SetEpoch(inForce + 1, digest))
            .given(unchanged)
            .withPayload(document.canonical());
    Optional<Hash> made = commit(entry, unchanged);
    return made.isPresent()
        ? new PolicyInForce(policy, inForce + 1, made.get(), expectations)
        : putInForce(policy, keyLeaves);
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
