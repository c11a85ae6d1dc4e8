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
   * @param beforeIndex first leaf after those that decided for what is meant
   */
  record OfWorkload(Hash subject, long beforeIndex) implements ArtifactScope {}

  /**
   * What leaves of a range decided for.
   *
   * @param fromIndex first leaf of the range
   * @param beforeIndex first leaf after it
   */
  record Between(long fromIndex, long beforeIndex) implements ArtifactScope {}
}
