// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Act;
import dev.writ.artifact.Argument;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.example.AttestedStart;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real Attester on a simulated TPM, over HTTP, against the real verifier. */
@Timeout(60)
class AttesterHttpTest {
  private static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, IntStream.range(0, 16).toArray());
  private static final ExecutionRequest REQUEST =
      new ExecutionRequest(
          "https://writ.example",
          List.of("gateway.example"),
          "tenant",
          "spiffe://example.org/workload",
          new Act("read", "data \"é\"", Hash.sha256(new byte[0]), Map.of("rows", 7L), 1),
          Optional.empty(),
          Hash.sha256(new byte[0]));

  @TempDir static Path folder;
  private static EndorsementAuthority authority;
  private static SwtpmHost host;

  private VerifyingService verifier;
  private ServiceOverHttp service;

  @BeforeAll
  static void boot() throws Exception {
    authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), authority);
  }

  @AfterAll
  static void powerOff() {
    host.close();
  }

  @BeforeEach
  void start() throws Exception {
    verifier = new VerifyingService(authority, SELECTION);
    service = ServiceOverHttp.start(verifier);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  /** Enrolment and attestation each over the wire, as sent and as received. */
  @Test
  void enrolAndAttest_overHttp_areGranted() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      assertThat(attester.enrol("host-a"))
          .isInstanceOfSatisfying(
              Answer.Granted.class,
              granted ->
                  assertThat(granted.value())
                      .isInstanceOfSatisfying(
                          Enrolled.class,
                          enrolled -> {
                            assertThat(enrolled.akName()).isEqualTo(attester.attestationKeyName());
                            assertThat(enrolled.akCertificate()).hasSize(2);
                          }));
      assertThat(verifier.lastEnrolment().invitation()).isEmpty();
      assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);
      assertThat(service.paths())
          .containsExactly("/v1/enrolments", "/v1/activations", "/v1/challenges", "/v1/artifacts");
    }
  }

  /** Its digest is of the bytes, so another spelling of one argument would be another execution. */
  @Test
  void attest_withABinding_sendsItAsItIs() throws Exception {
    ExecBinding exec =
        new ExecBinding(
            "/usr/bin/true",
            Hash.sha256(new byte[] {1}),
            List.of(Argument.of("true"), Argument.of(new byte[] {(byte) 0xff, '"', '\n'})),
            "/",
            new TreeMap<>(Map.of("LANG", Hash.sha256(new byte[] {2}))),
            List.of());
    ExecutionRequest template =
        new ExecutionRequest(
            REQUEST.iss(),
            REQUEST.aud(),
            REQUEST.tenant(),
            REQUEST.sub(),
            exec.act(1),
            REQUEST.parent(),
            REQUEST.jkt());
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      assertThat(attester.enrol("host-a")).isInstanceOf(Answer.Granted.class);
      assertThat(attester.attest(template, exec)).isInstanceOf(Answer.Granted.class);
      assertThat(verifier.lastExec()).contains(exec);
      assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);
      assertThat(verifier.lastExec()).isEmpty();
    }
  }

  @Test
  void enrol_withAnInvitation_presentsItsSecret() throws Exception {
    Octets secret = Octets.of("01234567890123456789012345678901".getBytes(StandardCharsets.UTF_8));
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      assertThat(attester.enrol("host-a", EndorsementKeyKind.RSA_2048_LOW, Optional.of(secret)))
          .isInstanceOf(Answer.Granted.class);
      assertThat(verifier.lastEnrolment().invitation()).contains(secret);
      assertThat(verifier.lastEnrolment().toString())
          .contains("host-a")
          .doesNotContain(secret.hex());
    }
  }

  @Test
  void attest_deniedOverHttp_saysWhy() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      assertThat(attester.attest(REQUEST))
          .isEqualTo(
              new Answer.Denied<>(
                  DenialCode.ENVIRONMENT_UNTRUSTED,
                  "not_enrolled",
                  "It was denied.",
                  Optional.empty()));
      assertThat(service.paths()).containsExactly("/v1/challenges");
    }
  }

  /** A challenge may be used up even where the answer was 503. */
  @Test
  void attest_serviceThatCannotAnswerNow_isAskedAgainWithANewChallenge() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      enrol(attester);
      service.turnAway(1);
      long start = System.nanoTime();

      assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Granted.class);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      assertThat(service.paths())
          .containsExactly("/v1/challenges", "/v1/challenges", "/v1/artifacts");
    }
  }

  @Test
  void attest_serviceThatStaysUnable_isDeniedUnverifiableInTheEnd() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      enrol(attester);
      service.turnAway(0, 0, 0, 0, 0, 0);

      assertThat(attester.attest(REQUEST))
          .isInstanceOfSatisfying(
              Answer.Denied.class,
              denied -> {
                assertThat(denied.code()).isEqualTo(DenialCode.UNVERIFIABLE);
                assertThat(denied.reason()).isEqualTo("overloaded");
              });
      assertThat(service.paths()).hasSize(4);
    }
  }

  @Test
  void attest_serviceThatWantsMorePatienceThanThereIs_isDeniedAtOnce() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      enrol(attester);
      service.turnAway(60, 60);

      assertThat(attester.attest(REQUEST)).isInstanceOf(Answer.Denied.class);
      assertThat(service.paths()).hasSize(1);
    }
  }

  @Test
  void attest_serviceThatIsGone_isAnIoException() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      service.close();
      assertThatThrownBy(() -> attester.attest(REQUEST)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void example_startsWithAnArtifactAndNotWithoutOne() throws Exception {
    TrustFile trust = trust();
    Path trustFile = Files.write(folder.resolve("trust.json"), trust.toJson());
    AttestedStart start =
        new AttestedStart(service.url(), trustFile, trust.digest(), folder, host.tcti());

    assertThatThrownBy(() -> start.permission(REQUEST))
        .isInstanceOf(SecurityException.class)
        .hasMessageContaining("not_enrolled");
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester = attester(tpm)) {
      enrol(attester);
    }
    ProofBundle bundle = start.permission(REQUEST);
    assertThat(bundle.artifact()).isEqualTo("e30.e30.e30");
    assertThat(folder.resolve("instance-key")).exists();
    assertThatThrownBy(
            () ->
                new AttestedStart(
                        service.url(), trustFile, Hash.sha256(new byte[0]), folder, host.tcti())
                    .permission(REQUEST))
        .isInstanceOf(MalformedTrustFileException.class);
  }

  /** What the README shows is what is compiled and run here. */
  @Test
  void example_standsInTheReadme() throws Exception {
    String source = Files.readString(Path.of("src/test/java/dev/writ/example/AttestedStart.java"));
    String body =
        source.substring(source.indexOf("    TrustFile trust"), source.lastIndexOf("  }"));

    assertThat(Files.readString(Path.of("../../README.md")))
        .contains("```java\n" + body.stripTrailing().stripIndent() + "\n```");
  }

  private void enrol(Attester attester) throws Exception {
    assertThat(attester.enrol("host-a")).isInstanceOf(Answer.Granted.class);
    service.paths().clear();
  }

  private Attester attester(Tpm tpm) throws Exception {
    return Attester.open(
        tpm,
        folder.resolve("instance-key"),
        HttpServiceEndpoint.at(service.url(), List.of(), InstantSource.system(), Timeouts.STANDARD),
        new SecureRandom());
  }

  private static TrustFile trust() throws Exception {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    return TrustFile.of(
        new TrustContent(
            "https://writ.example",
            1,
            Optional.empty(),
            TrustContent.Assurance.DEV,
            List.of(
                new TrustedKey(
                    VerificationKey.of(key()),
                    KeyRole.ISSUER,
                    now,
                    now.plusSeconds(60),
                    KeyState.ACTIVE)),
            "log " + NoteKey.ofP256("writ.example/ledger", key()).vkey() + "\nquorum none\n",
            Optional.empty(),
            Duration.ofSeconds(5),
            List.of(Hash.sha256(new byte[0])),
            Optional.empty(),
            List.of(),
            new KeyQuorum(1, List.of(VerificationKey.of(key())))),
        List.of());
  }

  private static ECPublicKey key() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return (ECPublicKey) generator.generateKeyPair().getPublic();
  }
}
