// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
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
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedLog;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The hosts of decisions as a store has them: as they were enrolled, with what their makers say of their TPMs, the
 * keys that were certified, and boot logs. Safe for use by any number of threads.
 */
final class RecordedHosts {
  private static final int MOST_HOSTS = 4096;
  private static final int MOST_ENDORSEMENTS = 4096;
  private static final int MOST_KEYS = 4096;

  /** Hosts of which boot logs are in memory, at most three of 1 MiB each. */
  private static final int MOST_LOGS = 8;

  private static final int MAX_ENROLMENT = 64 * 1024;

  private final RecordedLog ledger;
  private final RecordedGrounds grounds;
  private final EndorsementVerifier makers;
  private final Provider signatures;
  private final Recent<TpmName, RecordedHost> hosts = new Recent<>(MOST_HOSTS);
  private final Recent<AkName, List<KeptBootLog>> bootLogs = new Recent<>(MOST_LOGS);
  private final Recent<EndorsedAt, EndorsementOutcome> endorsements =
      new Recent<>(MOST_ENDORSEMENTS);
  private final Recent<CertifiedKey, InstanceKey> keys = new Recent<>(MOST_KEYS);

  private record EndorsedAt(AkName host, Instant at) {}

  private record CertifiedKey(AkName host, Hash keyName) {}

  /**
   * The hosts of a log.
   *
   * @param grounds has the leaves that the tree vouches for
   */
  RecordedHosts(
      RecordedLog ledger,
      RecordedGrounds grounds,
      EndorsementVerifier makers,
      Provider signatures) {
    this.ledger = ledger;
    this.grounds = grounds;
    this.makers = makers;
    this.signatures = signatures;
  }

  /**
   * A host as it was enrolled.
   *
   * @param endorsement what its enrolment kept; empty where that was erased
   */
  record RecordedHost(KnownHost host, Optional<Payload.Endorsement> endorsement) {}

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
    Leaf leaf = grounds.provenLeaf(row.leafIndex());
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
    KnownHost host = new KnownHost(row, attestationKey(row, name), leaf.hash());
    return new RecordedHost(host, endorsement);
  }

  private Payload.Endorsement enrolled(
      Host row, Leaf leaf, LeafBody.Enrolment enrolment, byte[] payload)
      throws ContradictionException {
    String member = "enrolment of leaf " + row.leafIndex();
    RecordedGrounds.requireNamed(member, leaf, payload);
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
