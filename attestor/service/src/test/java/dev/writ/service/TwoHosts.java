// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A deployment of its own for each test, in which two hosts are enrolled. */
abstract class TwoHosts {
  static ServiceToken token;

  @TempDir Path folder;
  Deployment deployment;
  SoftwareHost host;
  SoftwareHost other;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  /** Changes a deployment before it starts. */
  void prepare(Deployment before) throws Exception {}

  @BeforeEach
  final void start() throws Exception {
    start(new Deployment(token, folder));
  }

  final void start(Deployment chosen) throws Exception {
    deployment = chosen;
    prepare(deployment);
    host = deployment.host("host-a");
    other = deployment.host("host-b");
    deployment.start();
    for (SoftwareHost each : List.of(host, other)) {
      assertThat(deployment.enrol(each)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
  }

  @AfterEach
  final void stop() {
    deployment.close();
  }

  /** That a parent or an artifact before does not carry what is asked for, by answer and leaf. */
  final void assertDenied(String reason, IssuanceOutcome outcome) throws Exception {
    assertThat(Deployment.denial(DenialCode.AUTHORIZATION_DISCONTINUITY, outcome).reason())
        .isEqualTo(reason);
    assertThat(deployment.lastLeaf().body())
        .isInstanceOfSatisfying(
            LeafBody.DecisionDeny.class, deny -> assertThat(deny.reason()).isEqualTo(reason));
  }
}
