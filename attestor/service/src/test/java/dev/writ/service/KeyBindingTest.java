// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.evidence.Challenge;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The instance key: whose word is believed for it, and where it is said to live. */
final class KeyBindingTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost hostA;
  private static SoftwareHost hostB;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    hostA = deployment.host("host-a");
    hostB = deployment.host("host-b");
    deployment.start();
    assertThat(deployment.enrol(hostA)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.enrol(hostB)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static void assertRefused(String reason, Application application) {
    assertThat(
            Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(application)).reason())
        .isEqualTo(reason);
  }

  @Test
  void case78_keyCertifiedByAnotherTpm_isRuntimeIntegrity() {
    SoftwareHost host = hostA.withInstanceKey(SoftwareKey.instance());
    Challenge challenge = deployment.challenge(host);

    assertRefused(
        "signature_invalid", host.answerCertifiedBy(hostB.ak, challenge, Deployment.request(host)));
  }

  @Test
  void case82_requestForAnotherKeyThanTheCertified_isRuntimeIntegrity() {
    SoftwareHost host = hostA.withInstanceKey(SoftwareKey.instance());
    Challenge challenge = deployment.challenge(host);
    ExecutionRequest request =
        Deployment.request(Deployment.workloadOf("host-a"), SoftwareHost.memoryKey());

    assertRefused("qualifying_data_mismatch", host.answer(challenge, request));
  }

  @Test
  void case82_requestForAnotherKeyThanTheRegistered_isRuntimeIntegrity() throws Exception {
    SoftwareHost host = hostA.withInstanceKey(SoftwareKey.instance());
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    ExecutionRequest request =
        Deployment.request(Deployment.workloadOf("host-a"), SoftwareHost.memoryKey());

    assertRefused("key_thumbprint_mismatch", host.answer(deployment.challenge(host), request));
  }

  @Test
  void keyOfAnotherHost_isRuntimeIntegrityWithALeaf() throws Exception {
    SoftwareHost first = hostA.withInstanceKey(SoftwareKey.instance());
    assertThat(deployment.attest(first)).isInstanceOf(IssuanceOutcome.Issued.class);
    // What no genuine TPM does: it certifies a key that cannot have been made in it.
    SoftwareHost second = hostB.withInstanceKey(first.instanceKey);
    long before = deployment.leaves();
    Challenge challenge = deployment.challenge(second);

    assertRefused("instance_key_taken", second.answer(challenge, Deployment.request(second)));
    assertThat(deployment.leaves()).isEqualTo(before + 1);
    Deployment.denial(
        DenialCode.REPLAYED,
        deployment.issue(second.answerWithMemoryKey(challenge, Deployment.request(second))));
  }

  @Test
  void keyWithoutCertification_isSaidToBeInMemory() throws Exception {
    Hash key = SoftwareHost.memoryKey();
    ExecutionRequest request = Deployment.request(Deployment.workloadOf("host-a"), key);

    ArtifactClaims claims =
        Deployment.claims(
            deployment.issue(hostA.answerWithMemoryKey(deployment.challenge(hostA), request)));

    assertThat(claims.env().keyStorage()).isEqualTo(Environment.KeyStorage.MEMORY);
    assertThat(claims.jkt()).isEqualTo(key);
  }

  /** DESIGN.md, 3: a certification is verified once for an attestation key and a key's name. */
  @Test
  void secondArtifact_doesNotVerifyTheCertificationAgain() throws Exception {
    SoftwareHost host = hostA.withInstanceKey(SoftwareKey.instance());
    ExecutionRequest request = Deployment.request(host);

    Challenge before = deployment.challenge(host);
    assertRefused(
        "signature_invalid",
        host.application(
            before, request, host.evidence(before, request, host.brokenCertification())));
    assertThat(Deployment.claims(deployment.attest(host)).env().keyStorage())
        .isEqualTo(Environment.KeyStorage.TPM);
    Challenge after = deployment.challenge(host);
    ArtifactClaims claims =
        Deployment.claims(
            deployment.issue(
                host.application(
                    after, request, host.evidence(after, request, host.brokenCertification()))));

    assertThat(claims.env().keyStorage()).isEqualTo(Environment.KeyStorage.TPM);
    assertThat(claims.jkt()).isEqualTo(host.jkt());
  }
}
