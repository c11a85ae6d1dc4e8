// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.ChannelKey;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.PinnedTls;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Case 83: applications over connections that are their holder's, somebody else's, or nobody's, to a
 * service whose policy demands the first.
 */
@Timeout(120)
final class ChannelBindingTest {
  private static final String DEMAND =
      """
      {"id": "channel_not_bound", "stage": "enforcement", "effect": "require",
       "when": "env.channel == Channel.BOUND", "code": "runtime_condition",
       "reason_user": "Ask over TLS with the key that the artifact is for.",
       "reason_admin": "The client showed no key.", "mode": "enforce"}\
      """;

  private static ServiceToken token;

  private final KeyPair key = SoftwareHost.newKeyPair();

  @TempDir private Path folder;
  private Deployment deployment;
  private Optional<Doors> doors = Optional.empty();
  private SoftwareHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void deploy() {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
  }

  @AfterEach
  void stop() {
    doors.ifPresent(Doors::close);
    deployment.close();
  }

  private void serveDemanding() throws Exception {
    deployment.policyRule(DEMAND);
    serve();
  }

  private void serve() throws Exception {
    WritService running = deployment.start();
    TlsCredentialHsm credentials =
        new TlsCredentialHsm(
            token.keys(),
            List.of("localhost"),
            Duration.ofHours(1),
            InstantSource.system(),
            new SecureRandom());
    doors =
        Optional.of(
            Doors.open(
                running,
                new DoorsConfig(
                    Optional.of(StubService.loopback()),
                    Optional.of(new DoorsConfig.Tls(StubService.loopback(), credentials)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    DoorsConfig.Limits.standard()),
                InstantSource.system()));
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  private int port() {
    return doors.orElseThrow().tlsPort().orElseThrow();
  }

  private HttpWire showing(KeyPair shown) throws Exception {
    return HttpWire.tls(port(), ClientCertificate.of(shown).context(), "TLSv1.3");
  }

  private HttpWire showingNothing() throws Exception {
    return HttpWire.tls(port(), TlsDoorTest.client(), "TLSv1.3");
  }

  private static Hash thumbprint(KeyPair pair) {
    return JwkThumbprint.of((ECPublicKey) pair.getPublic());
  }

  /** What the host answers to a new challenge, for the holder of a key in memory. */
  private String application() {
    return application(host, key);
  }

  private String application(SoftwareHost of, KeyPair holder) {
    Challenge challenge = deployment.challenge(of);
    ExecutionRequest request =
        Deployment.request(Deployment.workloadOf(of.name), thumbprint(holder));
    return ApiBodies.issue(of.answerWithMemoryKey(challenge, request));
  }

  private static void assertIssued(HttpWire.Response answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
  }

  private static void assertDenied(DenialCode code, String reason, HttpWire.Response answer)
      throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    var problem = StrictJson.parse(answer.body(), 4_096);
    assertThat(problem.text("code")).isEqualTo(code.wire());
    assertThat(problem.text("reason")).isEqualTo(reason);
  }

  private static HttpWire.Response issue(HttpWire over, String application) throws IOException {
    try (over) {
      return over.post("/v1/artifacts", application);
    }
  }

  @Test
  void case83_applicationOverItsHoldersConnection_isGranted() throws Exception {
    serveDemanding();
    assertIssued(issue(showing(key), application()));
  }

  @Test
  void case83_applicationOverAConnectionWithoutAKey_isDeniedByThePolicy() throws Exception {
    serveDemanding();
    assertDenied(
        DenialCode.RUNTIME_CONDITION, "channel_not_bound", issue(showingNothing(), application()));
    HttpWire plain = HttpWire.tcp(doors.orElseThrow().plainPort().orElseThrow());
    assertDenied(DenialCode.RUNTIME_CONDITION, "channel_not_bound", issue(plain, application()));
  }

  /** The relay's own key uses up nothing that is the host's. */
  @Test
  void case83_applicationOverAnothersConnection_isDenied_andTheHostsIsGrantedStill()
      throws Exception {
    serveDemanding();
    String application = application();
    long leaves = deployment.leaves();

    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        issue(showing(SoftwareHost.newKeyPair()), application));

    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(deployment.service().refusals().sum()).isEqualTo(1);
    assertIssued(issue(showing(key), application));
  }

  /** Another's key is no reason to look at what nobody's TPM signed. */
  @Test
  void evidenceThatDoesNotHold_overAnothersConnection_isDeniedForItself() throws Exception {
    serveDemanding();
    Challenge challenge = deployment.challenge(host);
    Application forOther =
        host.answerWithMemoryKey(
            deployment.challenge(host),
            Deployment.request(Deployment.workloadOf(host.name), thumbprint(key)));
    Application mixed =
        new Application(
            forOther.akName(),
            challenge,
            forOther.request(),
            Optional.empty(),
            forOther.evidence());

    assertDenied(
        DenialCode.RUNTIME_INTEGRITY,
        "qualifying_data_mismatch",
        issue(showing(SoftwareHost.newKeyPair()), ApiBodies.issue(mixed)));
  }

  /** One connection is one client's: a second holder's application on it is relayed. */
  @Test
  void connectionThatIsReused_isItsFirstClientsAlone() throws Exception {
    SoftwareHost other = deployment.host("host-b");
    serveDemanding();
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    try (HttpWire wire = showing(key)) {
      assertIssued(wire.post("/v1/artifacts", application()));
      assertDenied(
          DenialCode.ENVIRONMENT_MISMATCH,
          "channel_key_mismatch",
          wire.post("/v1/artifacts", application(other, SoftwareHost.newKeyPair())));
      assertIssued(wire.post("/v1/artifacts", application()));
    }
  }

  /** Whoever has a ticket's secret need not have the key, so there is no ticket. */
  @Test
  void session_isNotResumed() throws Exception {
    serveDemanding();
    AtomicInteger signed = new AtomicInteger();
    PinnedTls tls =
        PinnedTls.of(deployment.trust().content().tls(), InstantSource.system())
            .showing(
                new ChannelKey(
                    (ECPublicKey) key.getPublic(),
                    sha256 -> {
                      signed.incrementAndGet();
                      return sign(sha256);
                    }));
    for (int i = 0; i < 3; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
      SSLSocket secured = tls.over(socket, "localhost", port());
      secured.startHandshake();
      assertIssued(issue(HttpWire.of(secured), application()));
    }
    // Once for the certificate, and once in each handshake.
    assertThat(signed).hasValue(4);
  }

  private byte[] sign(byte[] sha256) {
    try {
      Signature signer = Signature.getInstance("NONEwithECDSAinP1363Format");
      signer.initSign(key.getPrivate());
      signer.update(sha256);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void certificateOfAnotherForm_isNoKey_andTheDoorServesOn() throws Exception {
    serveDemanding();
    Instant now = Instant.now();
    Instant hour = now.plusSeconds(3_600);
    ClientCertificate good = ClientCertificate.of(key);
    byte[] encoded = good.chain().get(0).getEncoded();
    Map<String, ClientCertificate> others =
        Map.of(
            "over", ClientCertificate.of(key, now.minusSeconds(7_200), now.minusSeconds(60), 0),
            "not begun", ClientCertificate.of(key, now.plusSeconds(1_800), hour, 0),
            "too long", ClientCertificate.of(key, now.minusSeconds(60), hour, 2_048),
            "much too long", ClientCertificate.of(key, now.minusSeconds(60), hour, 60_000),
            "RSA", ClientCertificate.of(ClientCertificate.rsa()),
            "P-384", ClientCertificate.of(ClientCertificate.p384()),
            "two", good.and(good.chain().get(0)),
            "no DER", good.encodedAs(new byte[] {1, 2, 3}),
            "cut", good.encodedAs(Arrays.copyOf(encoded, encoded.length - 1)),
            "of no bytes", good.encodedAs(new byte[0]));
    for (Map.Entry<String, ClientCertificate> other : others.entrySet()) {
      assertThat(answer(other.getValue().context())).as(other.getKey()).isEmpty();
    }
    assertThat(answer(ClientCertificate.of(key, now.minusSeconds(60), hour, 1_024).context()))
        .isPresent();
    assertIssued(issue(showing(key), application()));
  }

  /** The client is told an alert; what was wrong is for whoever runs the service to see. */
  @Test
  void certificatesThatAreRefused_areCounted() throws Exception {
    serveDemanding();
    Instant now = Instant.now();

    assertThat(
            answer(
                ClientCertificate.of(key, now.minusSeconds(7_200), now.minusSeconds(60), 0)
                    .context()))
        .isEmpty();
    assertThat(answer(ClientCertificate.of(ClientCertificate.rsa()).context())).isEmpty();
    assertIssued(issue(showing(key), application()));

    assertThat(deployment.service().refusals().take().counts())
        .containsEntry(new Refusals.Kind(DenialCode.UNVERIFIABLE, RefusedClients.REASON), 2L);
  }

  /** A host whose clock is a day behind: the server's certificate is held against the right one. */
  @Test
  void agentWhoseCertificateIsRefused_isToldSo() throws Exception {
    serveDemanding();
    AtomicInteger asked = new AtomicInteger();
    InstantSource clock =
        () -> Instant.now().minus(Duration.ofHours(asked.getAndIncrement() == 0 ? 0 : 26));
    HttpServiceEndpoint service =
        HttpServiceEndpoint.at(
            URI.create("https://localhost:" + port()),
            deployment.trust().content().tls(),
            clock,
            Timeouts.STANDARD);
    Application application =
        host.answerWithMemoryKey(
            deployment.challenge(host),
            Deployment.request(Deployment.workloadOf(host.name), thumbprint(key)));
    IssueRequest request =
        new IssueRequest(
            application.akName(),
            application.request(),
            Optional.empty(),
            application.challenge(),
            application.evidence());

    assertThatThrownBy(
            () -> service.issue(request, new ChannelKey((ECPublicKey) key.getPublic(), this::sign)))
        .as("its alert was read, or the connection ended before it could be")
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "the service (refused|ended .* shown) this client's TLS certificate.* is the clock right\\?");
  }

  /** In TLS 1.3 a client learns only after its own handshake that its certificate is refused. */
  private Optional<HttpWire.Response> answer(SSLContext context) {
    try (HttpWire wire = HttpWire.tls(port(), context, "TLSv1.3")) {
      wire.send("GET /livez HTTP/1.1\r\nHost: writ\r\n\r\n");
      return wire.readOrEnd();
    } catch (SSLException e) {
      return Optional.empty();
    } catch (IOException e) {
      // The door closed while the client wrote.
      return Optional.empty();
    }
  }

  /** A person's browser would offer theirs. */
  @Test
  void serviceWhosePolicyDemandsNothing_asksForNoKey_andDoesNotSay() throws Exception {
    serve();
    assertIssued(issue(showing(SoftwareHost.newKeyPair()), application()));
    assertThat(lastPayload()).contains("\"key_storage\":\"memory\"").doesNotContain("\"channel\"");
  }

  /** The whole agent, its key in the simulated TPM. */
  @Test
  void case83_agentWithItsKeyInTheTpm_isGranted_andOverPlainHttpDenied() throws Exception {
    try (SwtpmHost machine =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), deployment.maker);
        Tpm tpm = Tpm.open(machine.tcti())) {
      for (var event : BootLog.EVENTS.entrySet()) {
        tpm.extendPcr(event.getKey(), PcrBank.SHA256, BootLog.digest(event.getValue()).bytes());
      }
      serveDemanding();
      Octets invitation = invitation("host-b");
      try (Attester agent = agent(tpm, "https://localhost:" + port())) {
        assertThat(agent.enrol("host-b", Optional.of(invitation)))
            .isInstanceOf(Answer.Granted.class);
        for (int i = 0; i < 2; i++) {
          assertThat(agent.attest(request(agent))).isInstanceOf(Answer.Granted.class);
        }
      }
      assertThat(lastPayload()).contains("\"channel\":\"bound\"").contains("\"tpm\"");
      try (Attester agent =
          agent(tpm, "http://127.0.0.1:" + doors.orElseThrow().plainPort().orElseThrow())) {
        Answer<ProofBundle> answer = agent.attest(request(agent));
        assertThat(answer)
            .isInstanceOfSatisfying(
                Answer.Denied.class,
                denied -> {
                  assertThat(denied.code()).isEqualTo(DenialCode.RUNTIME_CONDITION);
                  assertThat(denied.reason()).isEqualTo("channel_not_bound");
                });
      }
      assertThat(lastPayload()).contains("\"channel\":\"unbound\"");
    }
  }

  private String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(),
        StandardCharsets.UTF_8);
  }

  private static ExecutionRequest request(Attester agent) {
    return Deployment.request(Deployment.workloadOf("host-b"), agent.jkt());
  }

  private Octets invitation(String name) {
    InvitationOutcome outcome =
        Deployment.join(deployment.service().invitations().invite(name, Duration.ofHours(1)));
    return ((InvitationOutcome.Invited) outcome).secret();
  }

  private Attester agent(Tpm tpm, String url) throws Exception {
    return Attester.open(
        tpm,
        folder.resolve("instance-key"),
        HttpServiceEndpoint.at(
            URI.create(url),
            deployment.trust().content().tls(),
            InstantSource.system(),
            Timeouts.STANDARD),
        new SecureRandom());
  }
}
