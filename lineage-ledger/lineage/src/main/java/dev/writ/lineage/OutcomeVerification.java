// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.LeafBody;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Whether what ran under an artifact of which the service is the judge was let run by it. Who the judge is says
 * the artifact alone, so that nothing is said where nobody opens it.
 */
final class OutcomeVerification {
  private OutcomeVerification() {}

  static List<Finding> judge(Lineage lineage, IndexedLeaf leaf, List<IndexedLeaf> parents)
      throws IOException {
    if (!(leaf.leaf().body() instanceof LeafBody.Outcome outcome)) {
      return List.of();
    }
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.DecisionAllow allow
          && isJudgedByTheService(lineage.openings().artifact(allow.artifactDigest()))
          && lineage.usesBefore(leaf.index()).isEmpty()) {
        return List.of(new Finding.Unverified(leaf.index(), outcome.jti(), parent.index()));
      }
    }
    return List.of();
  }

  private static boolean isJudgedByTheService(Optional<ArtifactClaims> opened) {
    return opened.filter(claims -> claims.aud().equals(List.of(claims.iss()))).isPresent();
  }
}
