// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.RecordedApproval;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.StoredLedger;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.security.Provider;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What decisions rest on beside what came with them, as a store has it: policies, hosts, approvals, parents.
 * Each is held against its leaf, and each leaf against the tree. Safe for use by any number of threads.
 */
final class RecordedGrounds {
  private static final int MOST_POLICIES = 16;

  private final RecordedLog ledger;
  private final NavigableMap<Long, TrustContent> trust;
  private final Provider signatures;
  private final RecordedIssuers issuers;
  private final PayloadNaming naming;
  private final Recent<Long, PolicyInForce> policies = new Recent<>(MOST_POLICIES);
  private final RecordedHosts hosts;
  private final RecordedModes modes;

  RecordedGrounds(
      RecordedLog ledger, TrustFiles trust, EndorsementVerifier makers, Provider signatures)
      throws LedgerException {
    this.issuers = new RecordedIssuers(ledger, trust, signatures);
    this.ledger = ledger;
    this.naming = new PayloadNaming(ledger);
    this.trust = trust.byLeaf(ledger);
    this.hosts = new RecordedHosts(ledger, this, makers, signatures);
    this.signatures = signatures;
    this.modes = new RecordedModes(ledger, this);
  }

  /** The hosts of decisions. */
  RecordedHosts hosts() {
    return hosts;
  }

  /** The modes in which decisions were made. */
  RecordedModes modes() {
    return modes;
  }

  /** Who signed artifacts. */
  RecordedIssuers issuers() {
    return issuers;
  }

  /** The first leaf that names what lies beside it, if it is before this one. */
  OptionalLong payloadNamedBefore(long index) throws LedgerException {
    return naming.before(index);
  }

  /** The policy of a leaf's epoch and digest. */
  PolicyInForce policy(long epoch, Hash digest) throws LedgerException, ContradictionException {
    Optional<PolicyInForce> known = policies.get(epoch);
    PolicyInForce policy = known.isPresent() ? known.get() : readPolicy(epoch);
    policies.put(epoch, policy);
    if (!policy.digest().equals(digest)) {
      throw new ContradictionException(
          "policy of epoch " + epoch, "of digest " + digest, "of digest " + policy.digest());
    }
    return policy;
  }

  private PolicyInForce readPolicy(long epoch) throws LedgerException, ContradictionException {
    PolicyEpoch row =
        ledger
            .policyEpoch(epoch)
            .orElseThrow(
                () -> new ContradictionException("policy of epoch " + epoch, "there", "not there"));
    String member = "policy of leaf " + row.leafIndex();
    StoredLedger.StoredLeaf stored = proven(row.leafIndex());
    Leaf leaf = parsed(stored);
    if (!(leaf.body() instanceof LeafBody.PolicyInForce statement)
        || statement.policy().epoch() != epoch) {
      throw new ContradictionException(
          "policy_epoch row " + epoch, "of the leaf that says so", "of leaf " + stored.index());
    }
    byte[] payload =
        ledger
            .payload(row.leafIndex())
            .orElseThrow(
                () -> new ContradictionException(member, "kept for ever", "not there any more"));
    requireNamed(member, leaf, payload);
    PolicyReference reference = statement.policy();
    try {
      GivenPolicy file = GivenPolicy.parse(payload);
      PolicyDocument document = file.document();
      Hash digest = PolicyInForce.digestOf(document);
      if (!digest.equals(reference.digest())) {
        throw new ContradictionException(
            member, "of digest " + reference.digest(), "of digest " + digest);
      }
      TrustThen then = trustAt(row.leafIndex());
      Optional<Denial> stranger =
          then.isKnown() ? KeptPolicies.whyNotBelieved(file, then.content()) : Optional.empty();
      if (stranger.isPresent()) {
        throw new ContradictionException(
            member, "one that its approvers signed", stranger.get().reason());
      }
      return UsablePolicy.of(document).inForce(epoch, stored.hash());
    } catch (MalformedPolicyException | MalformedEnvelopeException | UnusablePolicyException e) {
      throw new ContradictionException(
          member, "one that this version compiles", String.valueOf(e.getMessage()));
    }
  }

  static void requireNamed(String member, Leaf leaf, byte[] payload) throws ContradictionException {
    Hash is = Hash.sha256(payload);
    if (leaf.payload().isPresent() && !leaf.payload().get().equals(is)) {
      throw new ContradictionException(
          member, "of SHA-256 " + leaf.payload().get(), "of SHA-256 " + is);
    }
  }

  private StoredLedger.StoredLeaf proven(long index)
      throws LedgerException, ContradictionException {
    StoredLedger.StoredLeaf leaf =
        ledger
            .leaf(index)
            .orElseThrow(
                () -> new ContradictionException("leaf " + index, "there", "not in the tree"));
    if (!leaf.isProven()) {
      throw new ContradictionException(
          "leaf " + index, "the one whose hash the tree has", "one of hash " + leaf.hash());
    }
    return leaf;
  }

  private static Leaf parsed(StoredLedger.StoredLeaf leaf) throws ContradictionException {
    try {
      return Leaf.parse(leaf.bytes());
    } catch (MalformedLeafException e) {
      throw new ContradictionException(
          "leaf " + leaf.index(), "a leaf", String.valueOf(e.getMessage()));
    }
  }

  /**
   * What was believed when a leaf was made.
   *
   * @param isKnown whether it is that, and not what was configured in the place of versions before it
   */
  record TrustThen(TrustContent content, boolean isKnown) {}

  /** The newest trust file that was published before a leaf, or the configured one. */
  TrustThen trustAt(long leafIndex) {
    Map.Entry<Long, TrustContent> then = trust.lowerEntry(leafIndex);
    return new TrustThen(then.getValue(), then.getKey() >= 0 || then.getValue().version() == 1);
  }

  /** The approvals of a request that were recorded before a leaf, and had not ended at a time. */
  List<RecordedApproval> approvalsBefore(long leafIndex, Hash request, Hash policy, Instant at)
      throws LedgerException {
    return ledger.approvalsBefore(leafIndex, request, policy, at);
  }

  /**
   * The parent of a request whose decision has its leaf at {@code index}, by what its own leaf says.
   *
   * @param goesOn whether that decision let go on what ran already
   */
  Parents.Outcome parent(
      Application application, PolicyInForce policy, long index, Instant at, boolean goesOn)
      throws LedgerException, ContradictionException {
    UuidV7 jti = application.request().parent().orElseThrow();
    IssuedArtifact row =
        ledger
            .artifact(jti)
            .filter(found -> found.leafIndex() < index)
            .orElseThrow(
                () -> new ContradictionException("parent", "allowed before", "not: " + jti));
    return Parents.grant(application, policy, provenLeaf(row.leafIndex()), signatures, at, goesOn);
  }

  /** What was drawn of a parent before {@code index}. */
  RecordedDraws draws() {
    return new RecordedDraws(ledger, this);
  }

  /**
   * A decision before another that allowed an artifact.
   *
   * @param body of {@code leaf}
   */
  record Allowed(long index, Leaf leaf, LeafBody.DecisionAllow body) {}

  /**
   * The decision before {@code index} that allowed an artifact which the one at it names.
   *
   * @param member by which it names it
   */
  Allowed allowed(String member, UuidV7 jti, long index)
      throws LedgerException, ContradictionException {
    Optional<IssuedArtifact> row = ledger.artifact(jti).filter(found -> found.leafIndex() < index);
    if (row.isPresent()) {
      Leaf leaf = provenLeaf(row.get().leafIndex());
      if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
        return new Allowed(row.get().leafIndex(), leaf, allow);
      }
    }
    throw new ContradictionException(member, "allowed before", "not: " + jti);
  }

  /** The leaves that allowed what an allow at {@code index} says it comes from, as far as there are any. */
  List<Hash> origins(Leaf leaf, long index) throws LedgerException, ContradictionException {
    List<Hash> origins = new ArrayList<>();
    if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
      for (UuidV7 origin : allow.origins()) {
        Optional<IssuedArtifact> row =
            ledger.artifact(origin).filter(found -> found.leafIndex() < index);
        if (row.isPresent()) {
          origins.add(provenLeaf(row.get().leafIndex()).hash());
        }
      }
    }
    return origins;
  }

  /** A leaf that the tree vouches for. */
  Leaf provenLeaf(long index) throws LedgerException, ContradictionException {
    return parsed(proven(index));
  }
}
