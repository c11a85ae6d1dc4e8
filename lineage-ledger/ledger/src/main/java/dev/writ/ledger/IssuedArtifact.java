// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import java.time.Instant;
import java.util.Optional;

/**
 * An artifact that was issued.
 *
 * @param leafIndex the leaf of its decision
 * @param expires its {@code exp}
 * @param status the bit that withdraws it; empty where no list was published
 */
public record IssuedArtifact(
    UuidV7 jti, long leafIndex, Instant expires, boolean revoked, Optional<StatusIndex> status) {
  /** Whether a child may be issued under it at {@code now}: neither revoked nor expired. */
  public boolean isLive(Instant now) {
    return !revoked && now.isBefore(expires);
  }
}
