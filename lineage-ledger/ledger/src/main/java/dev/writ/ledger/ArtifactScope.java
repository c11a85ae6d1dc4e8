// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.tlog.Hash;

/** Which artifacts are meant, of those that have neither ended nor been revoked. */
public sealed interface ArtifactScope {
  /** A host's. */
  record OfHost(AkName akName) implements ArtifactScope {}

  /**
   * A workload's.
   *
   * @param subject SHA-256 of the UTF-8 of {@code sub}
   */
  record OfWorkload(Hash subject) implements ArtifactScope {}

  /**
   * What leaves of a range decided for.
   *
   * @param fromIndex first leaf of the range
   * @param beforeIndex first leaf after it
   */
  record Between(long fromIndex, long beforeIndex) implements ArtifactScope {}

  /** How many one {@link #revocation} revokes at most, of a workload or a range. */
  int AT_ONCE = 5_000;

  /** What revokes them, or the next of them, and all that were issued under them. */
  default StateChange revocation() {
    return this instanceof OfHost host
        ? new StateChange.VoidArtifacts(host.akName())
        : new StateChange.VoidScope(this);
  }
}
