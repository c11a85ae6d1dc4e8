// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.StatusToken;
import dev.writ.ledger.StatusIndex;
import org.junit.jupiter.api.BeforeEach;

/** Two hosts that have one artifact each. */
abstract class TwoHostsWithArtifacts extends TwoHosts {
  /** The one's. */
  ArtifactClaims first;

  /** The other's. */
  ArtifactClaims second;

  @BeforeEach
  final void issue() throws Exception {
    first = Deployment.claims(deployment.attest(host));
    second = Deployment.claims(deployment.attest(other));
  }

  /** By the token that gateways get, which must say what the ledger does. */
  final boolean isRevoked(ArtifactClaims claims) throws Exception {
    var row = deployment.service().ledger().artifact(claims.jti()).orElseThrow();
    StatusIndex bit = row.status().orElseThrow();
    String compact = deployment.service().statusTokens().token(bit.list()).orElseThrow();
    boolean told = StatusToken.parse(compact).claims().list().isRevoked(bit.idx());
    assertThat(told).isEqualTo(row.revoked());
    return told;
  }
}
