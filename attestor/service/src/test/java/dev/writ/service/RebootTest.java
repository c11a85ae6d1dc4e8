// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.Verdict;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.ledger.StatusIndex;
import dev.writ.tlog.Hash;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A simulated TPM that is power-cycled between two of its host's applications. */
final class RebootTest {
  private static final String NAME = "host-a";

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SwtpmHost host;

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
    // Short: the simulator's socket lies in it.
    host = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("a")), deployment.maker);
    try (Tpm tpm = Tpm.open(host.tcti())) {
      for (EndorsementKeyKind kind : EndorsementKeyKind.values()) {
        Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
        if (certificate.isPresent()) {
          deployment.admitted.put(ekDigest(certificate.get()), NAME);
        }
      }
    }
    deployment.start();
  }

  private static Hash ekDigest(byte[] certificate) throws Exception {
    return Hash.sha256(
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(certificate))
            .getPublicKey()
            .getEncoded());
  }

  @AfterEach
  void stop() throws Exception {
    deployment.close();
    host.close();
  }

  /** One boot: measures what the policy expects, and asks for an artifact. */
  private Answer<ProofBundle> bootAndAttest(boolean enrolled) throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      for (var event : BootLog.EVENTS.entrySet()) {
        tpm.extendPcr(event.getKey(), PcrBank.SHA256, BootLog.digest(event.getValue()).bytes());
      }
      try (Attester agent =
          Attester.open(
              tpm,
              folder.resolve("instance-key"),
              new InProcess(deployment.service()),
              new SecureRandom())) {
        if (!enrolled) {
          assertThat(agent.enrol(NAME)).isInstanceOf(Answer.Granted.class);
        }
        return agent.attest(Deployment.request(Deployment.workloadOf(NAME), agent.jkt()));
      }
    }
  }

  @CanIgnoreReturnValue
  private static ProofBundle granted(Answer<ProofBundle> answer) {
    assertThat(answer).isInstanceOf(Answer.Granted.class);
    return ((Answer.Granted<ProofBundle>) answer).value();
  }

  /** The bundle with the newest token, as a gateway has it that fetches them. */
  private Verdict shownWithTheNewestToken(ProofBundle bundle) throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    StatusIndex index =
        deployment
            .service()
            .ledger()
            .artifact(artifact.claims().jti())
            .orElseThrow()
            .status()
            .orElseThrow();
    Deployment.join(deployment.service().statusTokens().publish(index.list()));
    StatusToken newest =
        StatusToken.parse(deployment.service().statusTokens().token(index.list()).orElseThrow());
    return deployment.verdict(
        ProofBundle.of(artifact, Leaf.parse(bundle.leaf()), bundle.tlogProof(), newest),
        new SeenInMemory());
  }

  private static Optional<DenialCode> code(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? Optional.of(denied.code()) : Optional.empty();
  }

  @Test
  void reboot_voidsWhatTheHostHadBefore_andNotWhatItIsIssuedAfter() throws Exception {
    ProofBundle before = granted(bootAndAttest(false));
    assertThat(code(shownWithTheNewestToken(before))).isNotEqualTo(Optional.of(DenialCode.REVOKED));

    host.reboot();
    ProofBundle after = granted(bootAndAttest(true));

    assertThat(code(shownWithTheNewestToken(before))).contains(DenialCode.REVOKED);
    assertThat(code(shownWithTheNewestToken(after))).isNotEqualTo(Optional.of(DenialCode.REVOKED));
    ArtifactClaims old = Artifact.parse(before.artifact()).claims();
    ArtifactClaims recent = Artifact.parse(after.artifact()).claims();
    assertThat(recent.env().resetCount()).isGreaterThan(old.env().resetCount());
  }

  @Test
  void powerCut_voidsToo_andAClockThatWentBackIsNotSafeAndNotCompared() throws Exception {
    ProofBundle before = granted(bootAndAttest(false));

    host.cutPower();
    host.powerOn();
    granted(bootAndAttest(true));

    assertThat(code(shownWithTheNewestToken(before))).contains(DenialCode.REVOKED);
  }
}
