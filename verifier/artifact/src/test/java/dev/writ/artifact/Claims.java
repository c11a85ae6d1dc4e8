// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.List;

/** Copies of claims with one of them another. */
final class Claims {
  private Claims() {}

  static ArtifactClaims audience(ArtifactClaims c, String... aud) {
    return with(c, List.of(aud), c.act(), c.gov());
  }

  static ArtifactClaims act(ArtifactClaims c, Act act) {
    return with(c, c.aud(), act, c.gov());
  }

  static ArtifactClaims governance(ArtifactClaims c, Governance gov) {
    return with(c, c.aud(), c.act(), gov);
  }

  private static ArtifactClaims with(ArtifactClaims c, List<String> aud, Act act, Governance gov) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        aud,
        c.iat(),
        c.nbf(),
        c.exp(),
        c.jti(),
        c.jkt(),
        c.tenant(),
        act,
        c.env(),
        c.policy(),
        gov,
        c.lineage(),
        c.status(),
        c.logOrigin(),
        c.ear());
  }
}
