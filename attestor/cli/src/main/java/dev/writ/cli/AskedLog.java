// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Descent;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.Host;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.PublishedTrust;
import dev.writ.ledger.RecordedApproval;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StoredLedger;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A store that remembers what a replay asked it for: that is what it takes to decide the same again elsewhere. */
final class AskedLog implements RecordedLog {
  private final StoredLedger store;
  private final SortedSet<Long> leaves = new TreeSet<>();
  private final SortedSet<Long> payloads = new TreeSet<>();
  private final NavigableMap<Long, Host> hosts = new TreeMap<>();
  private final NavigableMap<String, InstanceKey> instanceKeys = new TreeMap<>();
  private final NavigableMap<Long, KeptBootLog> bootLogs = new TreeMap<>();

  AskedLog(StoredLedger store) {
    this.store = store;
  }

  /** The leaves that were asked for, but for those that were only looked through. */
  SortedSet<Long> leaves() {
    return leaves;
  }

  /** The leaves beside which something was asked for. */
  SortedSet<Long> payloads() {
    return payloads;
  }

  /** Hosts by their leaves. */
  NavigableMap<Long, Host> hosts() {
    return hosts;
  }

  /** Instance keys that were certified with an earlier request, by its leaf. */
  List<InstanceKey> instanceKeys() {
    return List.copyOf(instanceKeys.values());
  }

  /** Boot logs by their leaves. */
  NavigableMap<Long, KeptBootLog> bootLogs() {
    return bootLogs;
  }

  @Override
  public long size() {
    return store.size();
  }

  @Override
  public Optional<StoredLeaf> leaf(long index) throws LedgerException {
    leaves.add(index);
    return store.leaf(index);
  }

  @Override
  public List<StoredLeaf> leaves(long start, long end) throws LedgerException {
    return store.leaves(start, end);
  }

  @Override
  public Optional<byte[]> payload(long index) throws LedgerException {
    payloads.add(index);
    return store.payload(index);
  }

  @Override
  public Optional<Host> host(AkName akName) throws LedgerException {
    Optional<Host> host = store.host(akName);
    host.ifPresent(found -> hosts.put(found.leafIndex(), found));
    return host;
  }

  @Override
  public List<KeptBootLog> bootLogs(AkName akName) throws LedgerException {
    List<KeptBootLog> logs = store.bootLogs(akName);
    logs.forEach(log -> bootLogs.put(log.leafIndex(), log));
    return logs;
  }

  @Override
  public Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) throws LedgerException {
    Optional<InstanceKey> key = store.instanceKey(akName, keyName);
    key.ifPresent(
        found -> {
          instanceKeys.put(PackNames.number(found.leafIndex()) + found.jkt().hex(), found);
          leaves.add(found.leafIndex());
          payloads.add(found.leafIndex());
        });
    return key;
  }

  @Override
  public Optional<IssuedArtifact> artifact(UuidV7 jti) throws LedgerException {
    Optional<IssuedArtifact> artifact = store.artifact(jti);
    artifact.ifPresent(found -> leaves.add(found.leafIndex()));
    return artifact;
  }

  @Override
  public Optional<Descent> descent(UuidV7 jti) throws LedgerException {
    return store.descent(jti);
  }

  @Override
  public List<Long> childrenBefore(UuidV7 parent, long leafIndex, int most) throws LedgerException {
    return store.childrenBefore(parent, leafIndex, most);
  }

  @Override
  public Optional<PolicyEpoch> policyEpoch() throws LedgerException {
    return store.policyEpoch();
  }

  @Override
  public Optional<PolicyEpoch> policyEpoch(long epoch) throws LedgerException {
    return store.policyEpoch(epoch);
  }

  @Override
  public List<GovernanceMode> governanceModes() throws LedgerException {
    return store.governanceModes();
  }

  @Override
  public List<SigningKey> keys() throws LedgerException {
    return store.keys();
  }

  @Override
  public List<RecordedApproval> approvalsBefore(
      long leafIndex, Hash request, Hash policy, Instant at) throws LedgerException {
    return store.approvalsBefore(leafIndex, request, policy, at);
  }

  @Override
  public Optional<PublishedTrust> trustFile(long version) throws LedgerException {
    return store.trustFile(version);
  }

  @Override
  public Optional<PublishedTrust> latestTrust() throws LedgerException {
    return store.latestTrust();
  }

  @Override
  public Optional<PublishedTrust> trustInForce() throws LedgerException {
    return store.trustInForce();
  }

  @Override
  public long firstFrom(Instant time) throws LedgerException {
    return store.firstFrom(time);
  }

  @Override
  public OptionalLong firstUse(Hash grant, long from, long to) throws LedgerException {
    return store.firstUse(grant, from, to);
  }
}
