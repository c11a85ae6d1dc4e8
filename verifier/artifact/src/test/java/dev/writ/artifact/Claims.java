// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Copies of claims with one of them another. */
final class Claims {
  private Claims() {}

  static ArtifactClaims audience(ArtifactClaims c, String... aud) {
    return with(c, List.of(aud), c.act(), c.gov(), c.status());
  }

  static ArtifactClaims act(ArtifactClaims c, Act act) {
    return with(c, c.aud(), act, c.gov(), c.status());
  }

  static ArtifactClaims governance(ArtifactClaims c, Governance gov) {
    return with(c, c.aud(), c.act(), gov, c.status());
  }

  static ArtifactClaims status(ArtifactClaims c, StatusReference status) {
    return with(c, c.aud(), c.act(), c.gov(), Optional.of(status));
  }

  /** Ending later. */
  static ArtifactClaims until(ArtifactClaims c, Instant exp) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        c.aud(),
        c.iat(),
        c.nbf(),
        exp,
        c.jti(),
        c.jkt(),
        c.tenant(),
        c.act(),
        c.env(),
        c.policy(),
        c.gov(),
        c.lineage(),
        c.status(),
        c.logOrigin(),
        c.ear());
  }

  private static ArtifactClaims with(
      ArtifactClaims c,
      List<String> aud,
      Act act,
      Governance gov,
      Optional<StatusReference> status) {
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
        status,
        c.logOrigin(),
        c.ear());
  }
}
