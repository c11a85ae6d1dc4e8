// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What decisions were made by, as far as it is not in their own leaves: a store's rows, or a part of them. */
public interface RecordedState {
  /** The host with this attestation key. */
  Optional<Host> host(AkName akName) throws LedgerException;

  /** The boot logs that are kept of a host, newest first. */
  List<KeptBootLog> bootLogs(AkName akName) throws LedgerException;

  /** The host's key that was certified under this name (SHA-256 of its TPM Name). */
  Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) throws LedgerException;

  /** The artifact that was issued under this identity. */
  Optional<IssuedArtifact> artifact(UuidV7 jti) throws LedgerException;

  /** Under which artifact another was issued; empty for one that was issued under none. */
  Optional<Descent> descent(UuidV7 jti) throws LedgerException;

  /**
   * The leaves before one that allowed artifacts under those of an execution, at most {@code most} of them, in
   * order.
   *
   * @param begun the artifact with which that execution began
   */
  List<Long> childrenBefore(UuidV7 begun, long leafIndex, int most) throws LedgerException;

  /** The policy set in force; empty before the first. */
  Optional<PolicyEpoch> policyEpoch() throws LedgerException;

  /** The policy set that was in force under this number. */
  Optional<PolicyEpoch> policyEpoch(long epoch) throws LedgerException;

  /** The modes that the service was in, one for each leaf that changed it, in order. */
  List<GovernanceMode> governanceModes() throws LedgerException;

  /** All keys of the service, of whatever state. */
  List<SigningKey> keys() throws LedgerException;

  /** The approvals of a request that were recorded before a leaf and held at {@code at}, oldest first. */
  List<RecordedApproval> approvalsBefore(long leafIndex, Hash request, Hash policy, Instant at)
      throws LedgerException;

  /** The trust file that was published under this version. */
  Optional<PublishedTrust> trustFile(long version) throws LedgerException;

  /** The trust file of the greatest version that was published. */
  Optional<PublishedTrust> latestTrust() throws LedgerException;

  /** The trust file that was put in force last. */
  Optional<PublishedTrust> trustInForce() throws LedgerException;

  /** The first leaf that is not of before {@code time}, were they in its order; the size where none is. */
  long firstFrom(Instant time) throws LedgerException;

  /** The first leaf from {@code from} to before {@code to} that uses this grant of break-glass. */
  OptionalLong firstUse(Hash grant, long from, long to) throws LedgerException;
}
