// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.StatusToken;
import dev.writ.ledger.StatusIndex;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A deployment of its own for each test, in which two hosts have one artifact each. */
abstract class TwoHosts {
  private static ServiceToken token;

  @TempDir private Path folder;
  Deployment deployment;
  SoftwareHost host;
  SoftwareHost other;

  /** The one's. */
  ArtifactClaims first;

  /** The other's. */
  ArtifactClaims second;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    other = deployment.host("host-b");
    deployment.start();
    for (SoftwareHost each : List.of(host, other)) {
      assertThat(deployment.enrol(each)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
    first = Deployment.claims(deployment.attest(host));
    second = Deployment.claims(deployment.attest(other));
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  /** By the token that gateways get, which must say what the ledger does. */
  boolean isRevoked(ArtifactClaims claims) throws Exception {
    var row = deployment.service().ledger().artifact(claims.jti()).orElseThrow();
    StatusIndex bit = row.status().orElseThrow();
    String compact = deployment.service().statusTokens().token(bit.list()).orElseThrow();
    boolean told = StatusToken.parse(compact).claims().list().isRevoked(bit.idx());
    assertThat(told).isEqualTo(row.revoked());
    return told;
  }
}
