// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.IssueRequest;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole path on real parts: two simulated TPMs with agents, a token, a ledger on disk. */
final class IssuanceTest {
  private static final PcrSelection MEASURED = PcrSelection.of(TpmAlg.SHA256, 0, 7, 8);

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Machine a;
  private static Machine b;

  /** A simulated TPM that measured what the policy expects, with its agent. */
  private record Machine(String name, SwtpmHost host, Tpm tpm, Path folder)
      implements AutoCloseable {
    static Machine boot(String name) throws Exception {
      // Short: the simulator's socket lies in it.
      Path folder = Files.createDirectory(IssuanceTest.folder.resolve(name));
      SwtpmHost host = SwtpmHost.manufacture(folder, deployment.maker);
      Tpm tpm = Tpm.open(host.tcti());
      for (var event : BootLog.EVENTS.entrySet()) {
        tpm.extendPcr(event.getKey(), PcrBank.SHA256, BootLog.digest(event.getValue()).bytes());
      }
      Machine machine = new Machine(name, host, tpm, folder);
      for (EndorsementKeyKind kind : EndorsementKeyKind.values()) {
        Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
        if (certificate.isPresent()) {
          deployment.admitted.put(
              Hash.sha256(
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(certificate.get()))
                      .getPublicKey()
                      .getEncoded()),
              name);
        }
      }
      return machine;
    }

    Attester agent() throws Exception {
      return Attester.open(
          tpm,
          folder.resolve("instance-key"),
          new InProcess(deployment.service()),
          new SecureRandom());
    }

    @Override
    public void close() {
      tpm.close();
      host.close();
    }
  }

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    a = Machine.boot("host-a");
    b = Machine.boot("host-b");
    deployment.start();
    for (Machine machine : new Machine[] {a, b}) {
      try (Attester agent = machine.agent()) {
        assertThat(agent.enrol(machine.name())).isInstanceOf(Answer.Granted.class);
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    a.close();
    b.close();
    token.close();
  }

  private static ExecutionRequest request(Machine machine, Attester agent) {
    return Deployment.request(Deployment.workloadOf(machine.name()), agent.jkt());
  }

  private static Answer.Denied<ProofBundle> denied(Answer<ProofBundle> answer) {
    return (Answer.Denied<ProofBundle>) answer;
  }

  @Test
  void allowedBundle_verifiesOfflineFromTheTrustFile_andSaysWhatWasAskedAndMeasured()
      throws Exception {
    try (Attester agent = a.agent()) {
      InProcess service = new InProcess(deployment.service());
      IssueRequest asked =
          agent.answer(deployment.challenge(agent.attestationKeyName()), request(a, agent));
      ProofBundle bundle = ((Answer.Granted<ProofBundle>) service.issue(asked)).value();

      Artifact artifact = Artifact.parse(bundle.artifact());
      ArtifactClaims claims = artifact.claims();
      HostState here = agent.hostState(MEASURED);
      Verdict verdict =
          BundleVerifier.of(deployment.trust())
              .verify(
                  bundle.toJson(),
                  Presentation.NOTHING
                      .withAudience(new Presentation.Audience.Gateway(Deployment.GATEWAY))
                      .withTenant(Deployment.IDENTITY.tenant())
                      .withHost(here)
                      .withPossession(
                          agent.possess(
                              Hash.sha256(new byte[] {9}), artifact.digest(), Deployment.GATEWAY))
                      .withObligations(Set.of())
                      .withAction(ActionAtHand.of(claims.act())),
                  Seen.NOTHING_IS_USED,
                  deployment.clock.instant());
      assertThat(verdict).isInstanceOf(Verdict.Allowed.class);

      assertThat(claims.request()).isEqualTo(asked.request());
      assertThat(claims.env())
          .isEqualTo(
              new Environment(
                  here.akName(),
                  here.pcrs(),
                  here.pcrDigest(),
                  asked.evidence().quote().clockInfo().resetCount(),
                  asked.evidence().quote().clockInfo().restartCount(),
                  Environment.KeyStorage.TPM));
      Hash policyDigest = Hash.of(deployment.document().digest().bytes());
      assertThat(claims.policy().digest()).isEqualTo(policyDigest);
      assertThat(Duration.between(claims.iat(), claims.exp())).isEqualTo(Duration.ofMinutes(5));

      Leaf leaf = Leaf.parse(bundle.leaf());
      LeafBody.DecisionAllow body = (LeafBody.DecisionAllow) leaf.body();
      assertThat(body.jti()).isEqualTo(claims.jti());
      assertThat(body.artifactDigest()).isEqualTo(artifact.digest());
      assertThat(body.requestDigest()).isEqualTo(asked.request().digest());
      assertThat(body.evidenceDigest()).isEqualTo(Hash.of(asked.evidence().digest()));
      assertThat(body.policyDigest()).isEqualTo(policyDigest);
      assertThat(body.epoch()).isEqualTo(1);
      assertThat(deployment.service().ledger().artifact(claims.jti())).isPresent();
    }
  }

  @Test
  void evidenceWithAChangedPcrValue_isRuntimeIntegrity() throws Exception {
    try (Attester agent = a.agent()) {
      IssueRequest asked =
          agent.answer(deployment.challenge(agent.attestationKeyName()), request(a, agent));
      byte[] bytes = asked.evidence().bytes();
      byte[] value =
          asked.evidence().pcrValues().value(TpmAlg.SHA256, 8).orElseThrow().value().bytes();
      Evidence changed = Evidence.parse(Deployment.flipped(bytes, indexOf(bytes, value)));

      Answer<ProofBundle> answer =
          new InProcess(deployment.service())
              .issue(
                  new IssueRequest(
                      asked.attestationKey(),
                      asked.request(),
                      asked.exec(),
                      asked.challenge(),
                      changed));
      assertThat(denied(answer).code()).isEqualTo(DenialCode.RUNTIME_INTEGRITY);
      assertThat(denied(answer).reason()).isEqualTo("pcr_digest_mismatch");
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i <= bytes.length - part.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not there");
  }

  @Test
  void answerOfTheOtherMachine_isRuntimeIntegrity() throws Exception {
    try (Attester onA = a.agent();
        Attester onB = b.agent()) {
      IssueRequest byB =
          onB.answer(deployment.challenge(onA.attestationKeyName()), request(a, onB));

      Answer<ProofBundle> answer =
          new InProcess(deployment.service())
              .issue(
                  new IssueRequest(
                      onA.attestationKeyName(),
                      byB.request(),
                      byB.exec(),
                      byB.challenge(),
                      byB.evidence()));
      assertThat(denied(answer).code()).isEqualTo(DenialCode.RUNTIME_INTEGRITY);
      assertThat(denied(answer).reason()).isEqualTo("signature_invalid");
    }
  }

  @Test
  void pcrExtendedWithWhatThePolicyDoesNotKnow_isEnvironmentUntrusted() throws Exception {
    try (Attester agent = b.agent()) {
      assertThat(agent.attest(request(b, agent))).isInstanceOf(Answer.Granted.class);
      b.tpm().extendPcr(8, PcrBank.SHA256, BootLog.digest("a module nobody expected").bytes());

      Answer<ProofBundle> answer = agent.attest(request(b, agent));
      assertThat(denied(answer).code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED);
      assertThat(denied(answer).reason()).isEqualTo("measured-state");
    }
  }
}
