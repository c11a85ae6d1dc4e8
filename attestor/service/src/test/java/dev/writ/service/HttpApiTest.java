// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.agent.Answer;
import dev.writ.agent.Enrolled;
import dev.writ.agent.EnrolmentChallenge;
import dev.writ.agent.EnrolmentRequest;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Invitation;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.SignatureAccounts;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.SignedNote;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent's and the operator's clients against a whole service, over TLS and its Unix socket. */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class HttpApiTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Doors doors;
  private static Contracts contract;
  private static HttpServiceEndpoint service;
  private static OperatorClient operator;
  private static SoftwareHost host;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    WritService running = deployment.start();
    Path socket = StubService.operatorSocketIn(folder);
    TlsCredentialHsm credentials =
        new TlsCredentialHsm(
            token.keys(),
            List.of("localhost"),
            Duration.ofHours(1),
            InstantSource.system(),
            new SecureRandom());
    doors =
        Doors.open(
            running,
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.of(new DoorsConfig.Tls(StubService.loopback(), credentials)),
                Optional.of(socket),
                Optional.empty(),
                Optional.of(StubService.loopback()),
                DoorsConfig.Limits.standard()),
            InstantSource.system());
    try (HttpWire wire = plain()) {
      contract = Contracts.parse(wire.get("/openapi.yaml").text());
    }
    service =
        HttpServiceEndpoint.at(
            URI.create("https://localhost:" + doors.tlsPort().orElseThrow()),
            deployment.trust().content().tls(),
            InstantSource.system(),
            Timeouts.STANDARD);
    operator = new OperatorClient(socket, Timeouts.STANDARD);
    host = enrolled();
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  private static HttpWire plain() throws Exception {
    return HttpWire.tcp(doors.plainPort().orElseThrow());
  }

  @CanIgnoreReturnValue
  private static HttpWire.Response get(String name, String target) throws Exception {
    try (HttpWire wire = plain()) {
      HttpWire.Response response = wire.get(target);
      contract.requireDescribed(contract.operation(name), response);
      return response;
    }
  }

  private static <T> T granted(Answer<T> answer) {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    throw new AssertionError(answer);
  }

  private static Answer<Enrolled> enrol(SoftwareHost host, Optional<Octets> invitation)
      throws Exception {
    Answer<EnrolmentChallenge> begun =
        service.enrol(
            new EnrolmentRequest(
                host.name,
                host.ekCertificate,
                // The service knows it already: what counts here is that it goes over the wire.
                EkChain.parse(deployment.maker.issuing().getEncoded()),
                host.ek,
                host.ak.publicArea(),
                invitation));
    if (begun instanceof Answer.Denied<EnrolmentChallenge> denied) {
      return new Answer.Denied<>(denied.code(), denied.reason());
    }
    EnrolmentChallenge challenge = granted(begun);
    return service.activate(challenge.session(), host.activate(challenge.credential()));
  }

  private static Application application(Challenge challenge) {
    return host.answer(challenge, Deployment.request(host));
  }

  private static Answer<ProofBundle> issue(Application application) throws Exception {
    return service.issue(
        new IssueRequest(
            application.akName(),
            application.request(),
            application.exec(),
            application.challenge(),
            application.evidence()));
  }

  private static ProofBundle attest() throws Exception {
    Challenge challenge = granted(service.challenge(host.ak.name()));
    return granted(issue(application(challenge)));
  }

  /** The example policy knows two hosts. */
  private static SoftwareHost enrolled() throws Exception {
    SoftwareHost invited = new SoftwareHost("host-a", deployment.maker);
    Invitation invitation = granted(operator.invite("host-a", Duration.ofHours(1)));
    assertThat(granted(enrol(invited, Optional.of(invitation.secret()))).akName())
        .isEqualTo(invited.ak.name());
    return invited;
  }

  @Test
  void host_invited_enrolsAndGetsAnArtifact() throws Exception {
    ProofBundle bundle = attest();
    assertThat(Artifact.parse(bundle.artifact()).claims().sub())
        .isEqualTo(Deployment.workloadOf("host-a"));
  }

  @Test
  void host_notInvited_isDenied() throws Exception {
    SoftwareHost stranger = new SoftwareHost("host-b", deployment.maker);
    Answer<Enrolled> answer = enrol(stranger, Optional.empty());
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Denied.class,
            denied -> {
              assertThat(denied.code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED);
              assertThat(denied.reason()).isEqualTo("host_not_admitted");
            });
  }

  @Test
  void challenge_usedAgain_isAConflict() throws Exception {
    Challenge challenge = granted(service.challenge(host.ak.name()));
    Application application = application(challenge);
    assertThat(granted(issue(application))).isNotNull();
    assertThat(issue(application))
        .isInstanceOfSatisfying(
            Answer.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.REPLAYED));
    try (HttpWire wire = plain()) {
      HttpWire.Response again = wire.post("/v1/artifacts", ApiBodies.issue(application));
      assertThat(again.status()).isEqualTo(409);
      contract.requireDescribed(contract.operation("issue"), again);
    }
  }

  @Test
  void artifact_isAnsweredAsTheContractSays() throws Exception {
    try (HttpWire wire = plain()) {
      HttpWire.Response challenge = wire.post("/v1/challenges", ApiBodies.challenge(host));
      contract.requireDescribed(contract.operation("challenge"), challenge);
      byte[] encoded =
          Base64.getUrlDecoder().decode(StrictJson.parse(challenge.body(), 4096).text("challenge"));
      HttpWire.Response bundle =
          wire.post("/v1/artifacts", ApiBodies.issue(application(Challenge.parse(encoded))));
      assertThat(bundle.status()).isEqualTo(201);
      contract.requireDescribed(contract.operation("issue"), bundle);
      assertThat(ProofBundle.parse(bundle.body())).isNotNull();
    }
  }

  @Test
  void attestationResult_ofAnArtifactAndOfItsDecision_isAnsweredAsTheContractSays()
      throws Exception {
    ProofBundle bundle = attest();
    long leaf = deployment.leaves() - 1;
    AttestationResult result = granted(service.attestationResult(bundle.artifact()));
    assertThat(result.claims().exp()).contains(Artifact.parse(bundle.artifact()).claims().exp());
    try (HttpWire wire = plain()) {
      HttpWire.Response response =
          wire.post("/v1/attestation-results", "{\"artifact\":\"" + bundle.artifact() + "\"}");
      assertThat(response.status()).isEqualTo(201);
      assertThat(response.header("content-type"))
          .isEqualTo("application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#03\"");
      contract.requireDescribed(contract.operation("attestationResult"), response);
      assertThat(AttestationResult.parse(response.text()).claims()).isEqualTo(result.claims());
    }
    AttestationResult decision = granted(operator.attestationResult(leaf));
    assertThat(decision.claims()).isEqualTo(result.claims());
    assertThat(operator.attestationResult(0))
        .isInstanceOfSatisfying(
            Answer.Denied.class,
            denied -> assertThat(denied.reason()).isEqualTo("decision_unknown"));
  }

  @Test
  void artifact_revoked_isInTheListThatIsServedNext() throws Exception {
    ProofBundle bundle = attest();
    var claims = Artifact.parse(bundle.artifact()).claims();
    UuidV7 jti = claims.jti();
    OperatorClient.Revoked revoked = granted(operator.revoke(jti, "host_compromised"));
    assertThat(revoked.jti()).isEqualTo(jti);
    var status = claims.status().orElseThrow();
    String list = status.uri().substring(status.uri().lastIndexOf('/') + 1);
    HttpWire.Response served = get("statusList", "/status/" + list);
    assertThat(served.header("cache-control")).matches("max-age=[1-9][0-9]?");
    assertThat(StatusToken.parse(served.text()).claims().list().isRevoked(status.idx())).isTrue();
    assertThat(operator.revoke(jti, "host_compromised"))
        .isInstanceOfSatisfying(
            Answer.Denied.class,
            denied -> assertThat(denied.reason()).isEqualTo("already_revoked"));
  }

  @Test
  void ledger_servedAsTiles_provesItsLeaves() throws Exception {
    assertThat(attest()).isNotNull();
    SignedNote note = SignedNote.parse(get("checkpoint", "/ledger/checkpoint").body());
    long size = Long.parseLong(new String(note.text(), StandardCharsets.UTF_8).split("\n")[1]);
    Hash root =
        Hash.of(
            Base64.getDecoder()
                .decode(new String(note.text(), StandardCharsets.UTF_8).split("\n")[2]));
    assertThat(size).isLessThan(256);
    HttpWire.Response entries = get("entries", "/ledger/tile/entries/000.p/" + size);
    assertThat(entries.header("cache-control")).contains("immutable");
    List<byte[]> leaves = EntryBundle.decode(new EntryBundlePath(0, (int) size), entries.body());
    HttpWire.Response tile = get("tile", "/ledger/tile/0/000.p/" + size);
    assertThat(tile.body()).hasSize((int) size * Hash.BYTES);
    for (int index : new int[] {0, (int) size - 1}) {
      JsonMembers json =
          StrictJson.parse(
              get("inclusion", "/v1/ledger/inclusion?index=" + index + "&size=" + size).body(),
              16 * 1024);
      List<Hash> path = new ArrayList<>();
      for (String hash : json.texts("hashes", 64)) {
        path.add(Hash.of(Base64.getDecoder().decode(hash)));
      }
      assertThat(
              new InclusionProof(index, size, path)
                  .verify(MerkleTree.leafHash(leaves.get(index)), root))
          .isInstanceOf(ProofOutcome.Proven.class);
    }
    get("consistency", "/v1/ledger/consistency?old=1&new=" + size);
    assertThat(get("retention", "/v1/ledger/retention").text())
        .isEqualTo("{\"archive\":false,\"minimum_index\":0,\"origin\":\"writ.example/ledger\"}");
    assertThat(get("inclusion", "/v1/ledger/inclusion?index=0&size=" + (size + 100)).status())
        .isEqualTo(404);
    assertThat(get("tile", "/ledger/tile/0/001").status()).isEqualTo(404);
  }

  @Test
  void trust_isServedByteForByte_andItsKeysAsJwks() throws Exception {
    byte[] served = get("trust", "/v1/trust").body();
    assertThat(TrustFile.parse(served).digest()).isEqualTo(deployment.trust().digest());
    assertThat(get("jwks", "/.well-known/jwks.json").text())
        .contains(ApiBodies.base64Url(token.keys().issuerKid().bytes()))
        .contains(ApiBodies.base64Url(token.keys().statusKid().bytes()))
        .doesNotContain(ApiBodies.base64Url(token.keys().checkpointKid().bytes()));
  }

  @Test
  void readiness_isSaidToProbes_andExplainedToOperators() throws Exception {
    assertThat(get("ready", "/readyz").status()).isEqualTo(200);
    OperatorClient.Readiness readiness = granted(operator.readiness());
    assertThat(readiness.ready()).isTrue();
    assertThat(readiness.findings()).isNotEmpty();
  }

  @Test
  void signatures_areAccountedForToOperators_andOneBehindTheServicesBackIsNot() throws Exception {
    SignatureAccounts accounts = granted(operator.keys().signatures());
    assertThat(accounts.isBalanced()).as(accounts::toString).isTrue();
    assertThat(account(accounts, "tls").service()).containsKey("tls_certificate");

    assertThat(token.keys().tls().signP1363(new byte[] {1})).hasSize(64);

    accounts = granted(operator.keys().signatures());
    assertThat(accounts.isBalanced()).isFalse();
    assertThat(account(accounts, "tls").unaccounted()).isEqualTo(1);
    assertThat(account(accounts, "issuer").unaccounted()).isZero();
  }

  private static SignatureAccounts.Key account(SignatureAccounts accounts, String role) {
    return accounts.keys().stream()
        .filter(key -> key.role().equals(role))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void metrics_countWhatHappened_withoutNames() throws Exception {
    assertThat(attest()).isNotNull();
    try (HttpWire wire = HttpWire.tcp(doors.metricsPort().orElseThrow())) {
      HttpWire.Response response = wire.get("/metrics");
      contract.requireDescribed(contract.operation("metrics"), response);
      assertThat(response.text())
          .contains("writ_decisions_total{")
          .contains("writ_http_requests_total{door=\"tls\",operation=\"issue\",status=\"201\"}")
          .contains("writ_http_connections ")
          .contains("writ_certificate_left_seconds{door=\"tls\"} ")
          .contains("writ_revocation_stream_readers 0.0", "writ_revocations_pushed_total ")
          .doesNotContain("host-a")
          .doesNotContain(ApiBodies.base64Url(host.ak.name().bytes()));
    }
  }

  /** Last, as nothing works after it: the store is gone under a service that still answers. */
  @Test
  @Order(Integer.MAX_VALUE)
  void ledger_gone_isUnavailableEverywhere_andNothingIsTold() throws Exception {
    Challenge challenge = granted(service.challenge(host.ak.name()));
    String application = ApiBodies.issue(application(challenge));
    deployment.service().ledger().close();
    // A readiness may be as old as a second.
    deployment.pass(Duration.ofSeconds(1));
    assertThat(get("ready", "/readyz").status()).isEqualTo(503);
    assertThat(get("live", "/livez").status()).isEqualTo(200);
    assertThat(get("tile", "/ledger/tile/0/000.p/1").status()).isEqualTo(503);
    assertThat(granted(operator.readiness()).ready()).isFalse();
    try (HttpWire wire = plain()) {
      HttpWire.Response response = wire.post("/v1/artifacts", application);
      contract.requireDescribed(contract.operation("issue"), response);
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.header("retry-after")).isNotEmpty();
      assertThat(response.text())
          .contains("ledger_unavailable")
          .doesNotContain(folder.toString())
          .doesNotContain("SQL");
    }
  }
}
