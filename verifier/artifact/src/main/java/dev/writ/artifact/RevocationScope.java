// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * Which artifacts a revocation withdraws: of all but a single one, those that were decided before it. With
 * each falls what was issued under it. An artifact names the one above it and none further up, so that of
 * those that stand deeper all that were decided before are taken for withdrawn: until a token reaches the
 * leaf, more is denied than was withdrawn.
 */
public sealed interface RevocationScope {
  /** One artifact, by its identity. */
  record OfArtifact(UuidV7 jti) implements RevocationScope {}

  /**
   * A host's.
   *
   * @param akNameDigest SHA-256 of its attestation key's TPM Name
   */
  record OfHost(Hash akNameDigest) implements RevocationScope {}

  /** All that was issued under a break-glass. */
  record OfBreakglass() implements RevocationScope {}

  /**
   * What a leaf says by itself of whom it withdraws; empty where that is for tokens alone to say, or where
   * it withdraws nothing.
   */
  static Optional<RevocationScope> of(LeafBody body) {
    if (body instanceof LeafBody.Revocation one) {
      return Optional.of(new OfArtifact(one.jti()));
    }
    if (body instanceof LeafBody.ScopeRevocation some) {
      return some.scope().judged();
    }
    if (body instanceof GovernanceStep.Ordered step) {
      return step.revokes() ? Optional.of(new OfBreakglass()) : Optional.empty();
    }
    return body instanceof LeafBody.BootRevocation boot
        ? Optional.of(new OfHost(boot.akNameDigest()))
        : Optional.empty();
  }

  /**
   * What leaves from one place to before another decided for.
   *
   * @param fromIndex the first
   * @param beforeIndex the first after them
   */
  record OfPlaces(long fromIndex, long beforeIndex) implements RevocationScope {
    /** Checks the order. */
    public OfPlaces {
      Require.between("from_index", fromIndex, 0, Require.MAX_EXACT - 1);
      Require.between("before_index", beforeIndex, fromIndex + 1, Require.MAX_EXACT);
    }
  }

  /**
   * Whether it withdraws an artifact.
   *
   * @param claims the artifact's
   * @param decidedBy place of its decision's leaf
   * @param revokedBy place of the revocation's leaf
   */
  default boolean covers(ArtifactClaims claims, long decidedBy, long revokedBy) {
    Lineage lineage = claims.lineage();
    if (this instanceof OfArtifact artifact) {
      return artifact.jti().equals(claims.jti())
          || decidedBy < revokedBy
              && (lineage.parent().equals(Optional.of(artifact.jti())) || lineage.depth() > 1);
    }
    if (this instanceof OfPlaces places) {
      // What was issued under one of them was decided after it.
      return decidedBy < revokedBy
          && decidedBy >= places.fromIndex()
          && (decidedBy < places.beforeIndex() || lineage.depth() > 0);
    }
    if (this instanceof OfBreakglass) {
      return decidedBy < revokedBy && (lineage.depth() > 0 || claims.gov().isUnderBreakglass());
    }
    return decidedBy < revokedBy
        && (lineage.depth() > 0
            || ((OfHost) this).akNameDigest().equals(Hash.sha256(claims.env().akName().bytes())));
  }
}
