// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.CodedLog;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmName;
import dev.writ.ledger.Host;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.RecordedApproval;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.StoredLedger;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What decisions rest on beside what came with them, as a store has it: policies, hosts, their boot logs.
 * Each is held against its leaf, and each leaf against the tree. Safe for use by any number of threads.
 */
final class RecordedGrounds {
  private static final int MOST_POLICIES = 16;
  private static final int MOST_HOSTS = 4096;
  private static final int MOST_ENDORSEMENTS = 4096;
  private static final int MOST_KEYS = 4096;

  /** Hosts of which boot logs are in memory, at most three of 1 MiB each. */
  private static final int MOST_LOGS = 8;

  private static final int MAX_ENROLMENT = 64 * 1024;

  private final RecordedLog ledger;
  private final NavigableMap<Long, TrustContent> trust;
  private final EndorsementVerifier makers;
  private final Provider signatures;
  private final RecordedIssuers issuers;
  private final PayloadNaming naming;
  private final Recent<Long, PolicyInForce> policies = new Recent<>(MOST_POLICIES);
  private final Recent<TpmName, RecordedHost> hosts = new Recent<>(MOST_HOSTS);
  private final Recent<AkName, List<KeptBootLog>> bootLogs = new Recent<>(MOST_LOGS);
  private final Recent<EndorsedAt, EndorsementOutcome> endorsements =
      new Recent<>(MOST_ENDORSEMENTS);

  private final RecordedModes modes;
  private final Recent<CertifiedKey, InstanceKey> keys = new Recent<>(MOST_KEYS);

  private record EndorsedAt(AkName host, Instant at) {}

  private record CertifiedKey(AkName host, Hash keyName) {}

  RecordedGrounds(
      RecordedLog ledger, TrustFiles trust, EndorsementVerifier makers, Provider signatures)
      throws LedgerException {
    this.issuers = new RecordedIssuers(ledger, trust, signatures);
    this.ledger = ledger;
    this.naming = new PayloadNaming(ledger);
    this.trust = trust.byLeaf(ledger);
    this.makers = makers;
    this.signatures = signatures;
    this.modes = new RecordedModes(ledger, this);
  }

  /**
   * A host as it was enrolled.
   *
   * @param endorsement what its enrolment kept; empty where that was erased
   */
  record RecordedHost(KnownHost host, Optional<Payload.Endorsement> endorsement) {}

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

  /** The host with this attestation key. */
  RecordedHost host(TpmName name) throws LedgerException, ContradictionException {
    Optional<RecordedHost> known = hosts.get(name);
    if (known.isPresent()) {
      return known.get();
    }
    RecordedHost read = readHost(name);
    hosts.put(name, read);
    return read;
  }

  private RecordedHost readHost(TpmName name) throws LedgerException, ContradictionException {
    Optional<AkName> akName = Hosts.akName(name);
    Optional<Host> found = akName.isPresent() ? ledger.host(akName.get()) : Optional.empty();
    Host row =
        found.orElseThrow(
            () -> new ContradictionException("ak_name", "an enrolled host's", name.hex()));
    StoredLedger.StoredLeaf stored = proven(row.leafIndex());
    Leaf leaf = parsed(stored);
    String at = "host row of leaf " + row.leafIndex();
    if (!(leaf.body() instanceof LeafBody.Enrolment enrolment)
        || !enrolment.akNameDigest().equals(Hash.sha256(row.akName().bytes()))
        || !enrolment.ekDigest().equals(row.ekDigest())) {
      throw new ContradictionException(at, "of the keys that its leaf enrolled", "of others");
    }
    Optional<byte[]> payload = ledger.payload(row.leafIndex());
    Optional<Payload.Endorsement> endorsement =
        payload.isPresent()
            ? Optional.of(enrolled(row, leaf, enrolment, payload.get()))
            : Optional.empty();
    KnownHost host = new KnownHost(row, attestationKey(row, name), stored.hash());
    return new RecordedHost(host, endorsement);
  }

  private Payload.Endorsement enrolled(
      Host row, Leaf leaf, LeafBody.Enrolment enrolment, byte[] payload)
      throws ContradictionException {
    String member = "enrolment of leaf " + row.leafIndex();
    requireNamed(member, leaf, payload);
    try {
      JsonMembers json = StrictJson.parse(payload, MAX_ENROLMENT);
      String name = json.text("host");
      byte[] salt = json.base64Url("host_salt", Commitment.SALT_BYTES);
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      if (!enrolment.host().opensWith(salt, utf8) || !name.equals(row.name())) {
        throw new ContradictionException(
            "host row of leaf " + row.leafIndex() + ".name", name, row.name());
      }
      return Payload.endorsement(payload);
    } catch (MalformedJsonException e) {
      throw new ContradictionException(
          member, "of the form in which it was written", String.valueOf(e.getMessage()));
    }
  }

  private EnrolledAk attestationKey(Host row, TpmName name) throws ContradictionException {
    String member = "host row of leaf " + row.leafIndex() + ".ak_public";
    try {
      AkOutcome outcome = Hosts.attestationKey(row, signatures);
      if (outcome instanceof EnrolledAk ak && ak.name().equals(name)) {
        return ak;
      }
    } catch (MalformedEvidenceException e) {
      throw new ContradictionException(member, "a public area", String.valueOf(e.getMessage()));
    }
    throw new ContradictionException(member, "the key of name " + name.hex(), "another");
  }

  /**
   * The boot log of this digest; empty where it is not kept.
   *
   * @param decidedAt the leaf of the decision: a log that was kept with it is this one
   */
  Optional<BootLog> bootLog(AkName host, Hash digest, long decidedAt)
      throws LedgerException, ContradictionException {
    Optional<List<KeptBootLog>> known = bootLogs.get(host);
    List<KeptBootLog> all = known.isPresent() ? known.get() : ledger.bootLogs(host);
    bootLogs.put(host, all);
    for (KeptBootLog kept : all) {
      boolean isOfDecision = kept.leafIndex() == decidedAt;
      if (!kept.digest().equals(digest) && !isOfDecision) {
        continue;
      }
      Hash is = Hash.sha256(kept.log());
      if (!is.equals(digest)) {
        throw new ContradictionException(
            "boot log of leaf " + kept.leafIndex(), "of SHA-256 " + digest, "of SHA-256 " + is);
      }
      try {
        return Optional.of(BootLog.parse(CodedLog.ofBootLog(kept.log()).expand()));
      } catch (MalformedEvidenceException e) {
        throw new ContradictionException(
            "boot log of leaf " + kept.leafIndex(), "a boot log", String.valueOf(e.getMessage()));
      }
    }
    return Optional.empty();
  }

  /** What the maker of a host's TPM says as of a time, by the roots that are configured now. */
  EndorsementOutcome endorsement(RecordedHost host, Payload.Endorsement kept, Instant at)
      throws ContradictionException {
    EndorsedAt asked = new EndorsedAt(host.host().akName(), at);
    Optional<EndorsementOutcome> known = endorsements.get(asked);
    if (known.isPresent()) {
      return known.get();
    }
    try {
      EndorsementOutcome outcome =
          Endorsements.verify(makers, kept, host.host().row().ekDigest(), at);
      endorsements.put(asked, outcome);
      return outcome;
    } catch (MalformedEvidenceException e) {
      throw new ContradictionException(
          "enrolment of leaf " + host.host().row().leafIndex(),
          "of the form in which it was written",
          String.valueOf(e.getMessage()));
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

  /** The keys that were certified before the leaf at {@code index}. */
  KeyStanding.Known keysBefore(long index) {
    return (akName, keyName) ->
        instanceKey(new CertifiedKey(akName, keyName))
            .filter(key -> key.leafIndex() < index)
            .map(InstanceKey::jkt);
  }

  /** A row is written once and stays; one that is not there may come. */
  private Optional<InstanceKey> instanceKey(CertifiedKey asked) throws LedgerException {
    Optional<InstanceKey> known = keys.get(asked);
    if (known.isPresent()) {
      return known;
    }
    Optional<InstanceKey> read = ledger.instanceKey(asked.host(), asked.keyName());
    read.ifPresent(key -> keys.put(asked, key));
    return read;
  }
}
