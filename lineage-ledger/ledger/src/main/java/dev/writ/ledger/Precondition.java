// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;

/**
 * State that a decision used. It is read again inside the transaction that commits the decision; one
 * that does not hold there leaves the batch as {@link CommitOutcome.Superseded}.
 */
public sealed interface Precondition extends CommitOutcome.Reason {
  /**
   * The policy epoch in force is this one.
   *
   * @param epoch 0 before the first
   */
  record EpochIs(long epoch) implements Precondition {}

  /** No trust file of a greater version was published. */
  record NoTrustAfter(long version) implements Precondition {}

  /**
   * No leaf changed the mode of the service since this one.
   *
   * @param leafIndex {@link GovernanceMode#leafIndex}
   */
  record ModeIs(long leafIndex) implements Precondition {}

  /** The host is enrolled and {@link HostState#ACTIVE}. */
  record HostActive(AkName akName) implements Precondition {}

  /** The key may sign: see {@link SigningKey#maySign}. */
  record KeyActive(Hash kid) implements Precondition {}

  /** No key of this thumbprint was introduced. */
  record KeyUnknown(Hash kid) implements Precondition {}

  /** The parent artifact was issued here and is live: see {@link IssuedArtifact#isLive}. */
  record ParentLive(UuidV7 jti) implements Precondition {}

  /** The artifact was issued here, and is not revoked, ended or not. */
  record NotRevoked(UuidV7 jti) implements Precondition {}
}
