// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;

/** Which artifacts a revocation withdraws: of all but a single one, those that were decided before it. */
public sealed interface RevocationScope {
  /** One artifact, by its identity. */
  record OfArtifact(UuidV7 jti) implements RevocationScope {}

  /**
   * A host's.
   *
   * @param akNameDigest SHA-256 of its attestation key's TPM Name
   */
  record OfHost(Hash akNameDigest) implements RevocationScope {}

  /**
   * Whether it withdraws an artifact.
   *
   * @param claims the artifact's
   * @param decidedBy place of its decision's leaf
   * @param revokedBy place of the revocation's leaf
   */
  default boolean covers(ArtifactClaims claims, long decidedBy, long revokedBy) {
    if (this instanceof OfArtifact artifact) {
      return artifact.jti().equals(claims.jti());
    }
    return decidedBy < revokedBy
        && ((OfHost) this).akNameDigest().equals(Hash.sha256(claims.env().akName().bytes()));
  }
}
