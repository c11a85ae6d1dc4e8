// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.AkName;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.DerivedState;
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
import dev.writ.ledger.StoredLedger.StoredLeaf;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The log as a pack has it, for who decides again what is in it. Keys' lives, policies, modes and approvals are
 * derived from the leaves that are here.
 */
final class PackedLog implements RecordedLog {
  private final PackContents contents;

  PackedLog(PackContents contents) {
    this.contents = contents;
  }

  @Override
  public long size() {
    return contents.checkpoint().size();
  }

  @Override
  public Optional<StoredLeaf> leaf(long index) {
    return Optional.ofNullable(contents.leaves().get(index)).map(packed -> stored(index, packed));
  }

  private static StoredLeaf stored(long index, PackContents.Packed packed) {
    return new StoredLeaf(index, packed.bytes(), packed.isProven());
  }

  @Override
  public List<StoredLeaf> leaves(long start, long end) {
    return contents.leaves().subMap(start, true, end, false).entrySet().stream()
        .map(each -> stored(each.getKey(), each.getValue()))
        .toList();
  }

  @Override
  public Optional<byte[]> payload(long index) throws LedgerException {
    return contents.payload(index);
  }

  @Override
  public Optional<Host> host(AkName akName) {
    return contents.question().hosts().stream()
        .filter(host -> host.akName().equals(akName))
        .findFirst();
  }

  @Override
  public List<KeptBootLog> bootLogs(AkName akName) throws LedgerException {
    List<KeptBootLog> logs = new ArrayList<>();
    for (PackQuestion.BootLogRow row : contents.question().bootLogs()) {
      String name = PackNames.bootLog(row.leafIndex());
      if (row.host().equals(akName) && contents.members().members().containsKey(name)) {
        try {
          byte[] log = contents.members().bytes(name);
          logs.add(
              new KeptBootLog(
                  akName, row.decision(), row.boot(), Hash.sha256(log), log, row.leafIndex()));
        } catch (IOException e) {
          throw new LedgerException("pack", name + " must be readable, and is not", e);
        }
      }
    }
    logs.sort(Comparator.comparingLong(KeptBootLog::leafIndex).reversed());
    return logs;
  }

  @Override
  public Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) {
    return contents.question().keys().stream()
        .filter(key -> key.akName().equals(akName) && key.keyName().equals(keyName))
        .findFirst();
  }

  @Override
  public Optional<IssuedArtifact> artifact(UuidV7 jti) {
    return contents.state().artifact(jti);
  }

  @Override
  public Optional<Descent> descent(UuidV7 jti) {
    return contents.state().descent(jti);
  }

  @Override
  public List<Long> childrenBefore(UuidV7 parent, long leafIndex, int most) {
    return contents.state().childrenBefore(parent, leafIndex, most);
  }

  @Override
  public Optional<PolicyEpoch> policyEpoch() {
    return Optional.ofNullable(contents.state().epochs().lastEntry()).map(Map.Entry::getValue);
  }

  @Override
  public Optional<PolicyEpoch> policyEpoch(long epoch) {
    return Optional.ofNullable(contents.state().epochs().get(epoch));
  }

  @Override
  public List<GovernanceMode> governanceModes() {
    return contents.state().governanceModes();
  }

  @Override
  public List<SigningKey> keys() {
    return contents.state().keys();
  }

  @Override
  public List<RecordedApproval> approvalsBefore(
      long leafIndex, Hash request, Hash policy, Instant at) {
    return contents.state().approvalsBefore(leafIndex, request, policy, at);
  }

  /** One that a leaf here published: that of a pack's first version is what it begins with. */
  @Override
  public Optional<PublishedTrust> trustFile(long version) {
    Optional<DerivedState.TrustPlace> place =
        Optional.ofNullable(contents.state().trustFiles().get(version));
    Optional<TrustFile> file = Optional.ofNullable(contents.trust().get(version));
    return place.isPresent() && file.isPresent()
        ? Optional.of(
            new PublishedTrust(
                version, file.get().toJson(), place.get().leafIndex(), place.get().inForceIndex()))
        : Optional.empty();
  }

  @Override
  public Optional<PublishedTrust> latestTrust() {
    return trustFile(contents.trust().lastKey());
  }

  @Override
  public Optional<PublishedTrust> trustInForce() {
    return contents.trust().descendingKeySet().stream()
        .map(this::trustFile)
        .flatMap(Optional::stream)
        .filter(file -> file.inForceIndex().isPresent())
        .findFirst();
  }

  /** All leaves that are here are few: to begin at the first finds what beginning later does. */
  @Override
  public long firstFrom(Instant time) {
    return 0;
  }

  @Override
  public OptionalLong firstUse(Hash grant, long from, long to) {
    return contents.leaves().subMap(from, true, to, false).entrySet().stream()
        .filter(
            each ->
                each.getValue().leaf().body() instanceof GovernanceStep.Begun begun
                    && begun.grant().digest().equals(grant))
        .mapToLong(Map.Entry::getKey)
        .findFirst();
  }
}
