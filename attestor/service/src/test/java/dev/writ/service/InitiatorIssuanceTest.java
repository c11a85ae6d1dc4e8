// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.StrictJson;
import dev.writ.service.ClientAuthority.Terms;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Applications over HTTP that say who set them in motion, by a token, a client's certificate, or both, to a
 * service whose policy lets nobody through of whom that is not known.
 */
@Timeout(120)
final class InitiatorIssuanceTest {
  private static final String DEMAND =
      """
      {"id": "initiator_unknown", "stage": "enforcement", "effect": "require",
       "when": "has(governance.initiator)", "code": "runtime_condition",
       "reason_user": "Say who sets this in motion.",
       "reason_admin": "No initiator was proven.", "mode": "enforce"}\
      """;

  /** Of what may be used twice, one of two operators: the first is alice. */
  private static final String APPROVED =
      """
      {"id": "approved", "stage": "requirement", "effect": "require",
       "when": "request.max_uses < 2 || size(governance.approvals) >= 1", "code": "policy_denied",
       "reason_user": "Another must approve this.",
       "reason_admin": "One of the approvers, who did not ask for it.", "mode": "enforce"}\
      """;

  private static final String SPIFFE = "spiffe://corp.example/alice";

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Path socket;
  private static Doors doors;
  private static LoopbackIdp idp;
  private static ECKey idpKey;
  private static ClientAuthority root;
  private static ClientAuthority authority;
  private static SoftwareHost host;
  private static ReplayedStore store;
  private static int nonces;

  @BeforeAll
  static void serve() throws Exception {
    token = ServiceToken.create();
    idpKey = LoopbackIdp.p256("k1");
    idp = LoopbackIdp.of(idpKey);
    idp.fail();
    root = ClientAuthority.root("initiators");
    authority = root.issuing("initiators-1");
    deployment = new Deployment(token, folder);
    deployment.initiators(
        new InitiatorsConfig(List.of(idp.config("corp")), List.of(root.certificate())));
    deployment.policyText(
        text ->
            text.replace("\"rules\":[", "\"rules\":[" + DEMAND + "," + APPROVED + ",")
                .replaceFirst("\\{", "{\"approvals\":" + separated() + ","));
    deployment.limitHostRate(1_000, 1_000);
    host = deployment.host("host-a");
    WritService running = deployment.start();
    socket = StubService.operatorSocketIn(folder);
    doors =
        Doors.open(
            running,
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.of(
                    new DoorsConfig.Tls(
                        StubService.loopback(),
                        new TlsCredentialHsm(
                            token.keys(),
                            List.of("localhost"),
                            Duration.ofHours(1),
                            InstantSource.system(),
                            new SecureRandom()))),
                Optional.of(socket),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard(),
                Set.of(Role.OPERATOR)),
            InstantSource.system());
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    store = ReplayedStore.of(deployment);
    downBeforeTheFirstRead();
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    idp.close();
    token.close();
  }

  private static String name(int operator) {
    return Deployment.name(deployment.operators.kid(operator));
  }

  private static String separated() {
    return """
        {"threshold": 1, "separation": true, "approvers": ["%1$s", "%2$s"],
         "principals": {"%1$s": ["oidc:corp:alice"], "%2$s": ["oidc:corp:bob"]}}\
        """
        .formatted(name(0), name(1));
  }

  /** First of all, since afterwards its keys are there. */
  private static void downBeforeTheFirstRead() throws Exception {
    HttpWire.Response away = plain(bringing(token("alice")));
    assertThat(away.status()).isEqualTo(503);
    assertThat(StrictJson.parse(away.body(), 4_096).text("reason"))
        .isEqualTo("initiator_keys_unavailable");
    idp.recover();
    deployment.pass(OidcKeys.BETWEEN);
    assertThat(initiatorOf(plain(bringing(token("alice"))))).isEqualTo("oidc:corp:alice");
  }

  private static Map<String, Object> claims(String subject) {
    return LoopbackIdp.claims(subject, deployment.clock.instant());
  }

  private static InitiatorToken token(String subject) throws Exception {
    return LoopbackIdp.token(idpKey, claims(subject));
  }

  private static InitiatorToken with(String claim, Object value) throws Exception {
    Map<String, Object> claims = new LinkedHashMap<>(claims("alice"));
    claims.put(claim, value);
    return LoopbackIdp.token(idpKey, claims);
  }

  private static Application bare() {
    return host.answer(deployment.challenge(host), Deployment.request(host));
  }

  private static Application bringing(InitiatorToken token) {
    return bringing(token, bare());
  }

  private static Application bringing(InitiatorToken token, Application bare) {
    return new Application(
        bare.akName(),
        bare.challenge(),
        bare.request(),
        bare.exec(),
        bare.evidence(),
        Optional.of(token),
        bare.parentProof());
  }

  private static HttpWire.Response plain(Application application) throws Exception {
    try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
      return wire.post("/v1/artifacts", ApiBodies.issue(application));
    }
  }

  private static HttpWire.Response showing(ClientCertificate shown, Application application)
      throws Exception {
    try (HttpWire wire = HttpWire.tls(doors.tlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
      return wire.post("/v1/artifacts", ApiBodies.issue(application));
    }
  }

  private static ClientCertificate client(Terms terms) throws Exception {
    return authority.client(SoftwareHost.newKeyPair(), terms);
  }

  private static String initiatorOf(HttpWire.Response answer) throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    return Artifact.parse(ProofBundle.parse(answer.body()).artifact()).claims().gov().initiator();
  }

  private static void assertDenied(DenialCode code, String reason, HttpWire.Response answer)
      throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    var problem = StrictJson.parse(answer.body(), 4_096);
    assertThat(problem.text("reason")).isEqualTo(reason);
    assertThat(problem.text("code")).isEqualTo(code.wire());
  }

  private static String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(),
        StandardCharsets.UTF_8);
  }

  private static void assertNowhereIn(String kept, InitiatorToken token) {
    for (String part : token.compact().split("\\.")) {
      assertThat(kept).doesNotContain(part);
    }
  }

  @Test
  void application_withoutAProof_isOfNobody_andThePolicyDenies() throws Exception {
    assertDenied(DenialCode.RUNTIME_CONDITION, "initiator_unknown", plain(bare()));
    assertThat(lastPayload()).doesNotContain("\"initiator\":").doesNotContain("initiator_token");
  }

  @Test
  void token_good_namesTheInitiator_andIsKeptNowhere() throws Exception {
    InitiatorToken shown = token("alice");
    assertThat(initiatorOf(plain(bringing(shown)))).isEqualTo("oidc:corp:alice");

    String kept = lastPayload();
    assertNowhereIn(kept, shown);
    assertThat(kept)
        .contains("\"initiator\":\"oidc:corp:alice\"")
        .contains("\"token_sha256\":\"" + shown.digest().hex() + "\"");
    assertNowhereIn(new String(deployment.lastLeaf().bytes(), StandardCharsets.UTF_8), shown);
  }

  private static IssuanceOutcome ask(ExecutionRequest request, String subject) throws Exception {
    return deployment.issue(
        bringing(token(subject), host.answer(deployment.challenge(host), request)));
  }

  /** What would have it allowed. */
  private static StepUp next(IssuanceOutcome outcome) {
    return Deployment.denial(DenialCode.POLICY_DENIED, outcome).next().orElseThrow();
  }

  private static void approve(ExecutionRequest request, int operator, Optional<String> initiator) {
    Hash nonce = Hash.sha256(new byte[] {(byte) nonces++});
    Instant now = deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            Deployment.IDENTITY.issuer(),
            request.digest(),
            deployment.service().policies().inForce().digest(),
            initiator.map(name -> RequestApproval.Terms.committed(request, nonce, name)),
            nonce,
            now,
            now.plusSeconds(600),
            deployment.operators.kid(operator));
    byte[] signature = deployment.operators.sign(operator, terms.signingInput()).signature();
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .requestApprovals()
                    .take(new RequestApproval(terms, signature).toJson(), Optional.empty())))
        .isInstanceOf(RequestApprovals.Outcome.Recorded.class);
  }

  /** The first operator is alice by the policy: what she approves of her own does not count. */
  @Test
  void approval_ofWhoSetItInMotion_doesNotCount_andAnothersDoes() throws Exception {
    ExecutionRequest request = Deployment.request(host, 2);
    Optional<String> alice = Optional.of("oidc:corp:alice");
    assertThat(next(ask(request, "alice")).approvers()).containsExactly(name(1));
    approve(request, 0, alice);
    assertThat(next(ask(request, "alice")).given()).isZero();
    approve(request, 1, alice);

    assertThat(ask(request, "alice")).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(ReplayedStore.notSame(store.replay(deployment.leaves() - 1))).isEmpty();
  }

  /** Another on the same host asks for the same to the last byte, in another's name or in nobody's. */
  @Test
  void approval_ofOnesRequest_countsForNobodyElseWhoAsksForTheSame() throws Exception {
    ExecutionRequest request = Deployment.request(host, 3);
    assertThat(next(ask(request, "dave")).initiator()).contains("oidc:corp:dave");
    approve(request, 0, Optional.of("oidc:corp:dave"));
    approve(request, 1, Optional.empty());

    StepUp eve = next(ask(request, "eve"));
    assertThat(eve.given()).isZero();
    assertThat(eve.initiator()).contains("oidc:corp:eve");
    Application nobody = host.answer(deployment.challenge(host), request);
    assertThat(deployment.issue(nobody)).isInstanceOf(IssuanceOutcome.Denied.class);
    IssuanceOutcome issued = ask(request, "dave");
    assertThat(Deployment.claims(issued).gov().approvals()).as("the one for dave").hasSize(1);
    assertThat(next(ask(request, "dave")).given()).as("once").isZero();
  }

  /** Arguments and people's names are not for whoever runs machines, whatever he asks for. */
  @Test
  void explanation_forAnOperator_tellsWhichInputsRulesRead_andNotWhatStoodInThem()
      throws Exception {
    ExecutionRequest request = Deployment.request(host, 5);
    assertThat(next(ask(request, "dave")).initiator()).contains("oidc:corp:dave");
    long denial = deployment.leaves() - 1;
    Explanations.Outcome outcome =
        deployment.service().explanations().explain(new LeafName.Index(denial));
    byte[] whole = ((Explanations.Outcome.Explained) outcome).explanation().toJson();
    ExplanationTest.requireDescribed("Explanation", whole);
    assertThat(StrictJson.parse(whole, 1 << 20).object("next").text("initiator"))
        .isEqualTo("oidc:corp:dave");
    assertThat(new String(whole, StandardCharsets.UTF_8))
        .contains("{\"input\":\"request.max_uses\",\"value\":\"5\"}", "\"inputs_shown\":true");

    HttpWire.Response told;
    try (HttpWire wire = HttpWire.unix(socket)) {
      told = wire.get("/v1/decisions/" + denial + "/explanation");
    }
    assertThat(told.status()).as(told.text()).isEqualTo(200);
    ExplanationTest.requireDescribed("Explanation", told.body());
    assertThat(told.text())
        .contains("{\"input\":\"request.max_uses\"}", "\"inputs_shown\":false", "\"next\":{")
        .doesNotContain("dave", "\"value\":\"5\"");
  }

  @Test
  void replay_ofAnInitiatorWhomItsApprovalIsNotFor_contradicts() throws Exception {
    ExecutionRequest request = Deployment.request(host, 4);
    approve(request, 1, Optional.of("oidc:corp:dave"));
    assertThat(ask(request, "dave")).isInstanceOf(IssuanceOutcome.Issued.class);
    long allow = deployment.leaves() - 1;
    assertThat(ReplayedStore.notSame(store.replay(allow))).isEmpty();
    Replayed changed =
        store.with(
            "payload WHERE leaf_index = " + allow,
            "bytes",
            ReplayedStore.replacing(
                "\"initiator\":\"oidc:corp:dave\"", "\"initiator\":\"oidc:corp:evee\""),
            allow);
    assertThat(ReplayedStore.notSame(changed))
        .anyMatch(
            line ->
                line.startsWith("approvals contradicts")
                    && line.contains("of another request or initiator"));
  }

  @Test
  void token_thatTheAgentBrings_isShownWithTheApplication() throws Exception {
    HttpServiceEndpoint service =
        HttpServiceEndpoint.at(
            URI.create("http://127.0.0.1:" + doors.plainPort().orElseThrow()),
            List.of(),
            InstantSource.system(),
            Timeouts.STANDARD);
    Application bare = bare();
    IssueRequest request =
        new IssueRequest(
            bare.akName(), bare.request(), bare.exec(), bare.challenge(), bare.evidence());

    Answer<ProofBundle> answer = service.bringing(token("alice")).issue(request);

    assertThat(answer).isInstanceOf(Answer.Granted.class);
    ProofBundle bundle = ((Answer.Granted<ProofBundle>) answer).value();
    assertThat(Artifact.parse(bundle.artifact()).claims().gov().initiator())
        .isEqualTo("oidc:corp:alice");
  }

  @Test
  void decision_withAnInitiator_replaysTheSame_andSaysWhatItRestsOn() throws Exception {
    assertThat(initiatorOf(plain(bringing(token("alice"))))).isEqualTo("oidc:corp:alice");
    long allowed = deployment.leaves() - 1;

    Replayed replayed = store.replay(allowed);

    assertThat(ReplayedStore.notSame(replayed)).isEmpty();
    assertThat(ReplayedStore.outcome(replayed, ReplayStep.INPUTS).orElseThrow().detail())
        .contains("the initiator stands as recorded");
    assertThat(
            ReplayedStore.notSame(
                store.with(
                    "payload WHERE leaf_index = " + allowed,
                    "bytes",
                    ReplayedStore.replacing("oidc:corp:alice", "oidc:corp:mallo"),
                    allowed)))
        .isNotEmpty();
  }

  @Test
  void token_thatIsNotGood_isADenialInTheLedger_withItsDigestAlone() throws Exception {
    InitiatorToken late = with("exp", deployment.clock.instant().getEpochSecond());

    assertDenied(DenialCode.EXPIRED, "initiator_token_expired", plain(bringing(late)));

    assertThat(deployment.lastLeaf().body())
        .isInstanceOfSatisfying(
            LeafBody.DecisionDeny.class,
            deny -> assertThat(deny.reason()).isEqualTo("initiator_token_expired"));
    assertNowhereIn(lastPayload(), late);
    assertThat(lastPayload())
        .contains("\"initiator_token_sha256\":\"" + late.digest().hex() + "\"");
    // What is not kept is not called a difference.
    Replayed replayed = store.replay(deployment.leaves() - 1);
    assertThat(replayed.standing())
        .isNotIn(Replayed.Standing.DIFFERS, Replayed.Standing.CONTRADICTS);
  }

  @Test
  void token_ofAnotherRequest_isDenied_andForThisOneGood() throws Exception {
    ExecutionRequest another =
        Deployment.request(
            Deployment.workloadOf(host.name),
            JwkThumbprint.of((ECPublicKey) SoftwareHost.newKeyPair().getPublic()));
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "initiator_nonce_mismatch",
        plain(bringing(with("nonce", InitiatorToken.nonceFor(another)))));
    assertThat(
            initiatorOf(
                plain(bringing(with("nonce", InitiatorToken.nonceFor(Deployment.request(host)))))))
        .isEqualTo("oidc:corp:alice");
  }

  @Test
  void token_thatIsNoText_isMalformed() throws Exception {
    String body = ApiBodies.issue(bringing(token("alice")));
    for (String wrong :
        List.of("\"a b\"", "5", "\"" + "a".repeat(InitiatorToken.MAX_LENGTH + 1) + "\"")) {
      try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
        HttpWire.Response answer =
            wire.post(
                "/v1/artifacts",
                body.replaceFirst(
                    "\"initiator_token\":\"[^\"]*\"", "\"initiator_token\":" + wrong));
        assertThat(answer.status()).isEqualTo(400);
      }
    }
  }

  /** Whoever is no host makes nobody wait, and has nobody asked, whatever token they make up. */
  @Test
  void provider_thatHangs_isWaitedForByNobodyWhoIsNoHost() throws Exception {
    ECKey later = LoopbackIdp.p256("k2");
    InitiatorToken madeUp = LoopbackIdp.token(later, claims("alice"));
    Application one = bringing(madeUp);
    Application another = bare();
    SoftwareHost stranger = deployment.host("stranger");
    Map<String, Application> nobodys =
        Map.of(
            "another challenge than the quote's", with(one, host, another),
            "another host's name", with(one, stranger, one),
            "a host that is not enrolled",
                with(one, stranger, stranger.answer(one.challenge(), one.request())));
    int before = idp.asked.get();
    deployment.pass(OidcKeys.BETWEEN);
    idp.hang();
    try {
      for (Map.Entry<String, Application> each : nobodys.entrySet()) {
        assertThat(plain(each.getValue()).status()).as(each.getKey()).isEqualTo(403);
        assertThat(idp.asked).as(each.getKey()).hasValue(before);
      }
    } finally {
      idp.publish(idpKey, later);
      idp.release();
    }
    assertThat(initiatorOf(plain(one))).as("the host's own").isEqualTo("oidc:corp:alice");
    assertThat(idp.asked).hasValue(before + 1);
  }

  /** The same request and token, of this host, with the challenge and evidence of the last. */
  private static Application with(Application of, SoftwareHost asking, Application shown) {
    return new Application(
        asking.ak.name(),
        shown.challenge(),
        of.request(),
        of.exec(),
        asking == host ? of.evidence() : shown.evidence(),
        of.initiatorToken(),
        of.parentProof());
  }

  @Test
  void certificate_thatEndsOnItsConnection_namesNobodyFromThen() throws Exception {
    ClientCertificate shown =
        client(Terms.of(SPIFFE).until(deployment.clock.instant().plusSeconds(60)));
    try (HttpWire wire = HttpWire.tls(doors.tlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
      for (int i = 0; i < 2; i++) {
        assertThat(initiatorOf(wire.post("/v1/artifacts", ApiBodies.issue(bare()))))
            .isEqualTo("tls:" + SPIFFE);
      }
      deployment.clock.advance(Duration.ofSeconds(62));
      assertDenied(
          DenialCode.ENVIRONMENT_MISMATCH,
          "channel_key_mismatch",
          wire.post("/v1/artifacts", ApiBodies.issue(bare())));
    }
  }

  @Test
  void certificate_underTheRoots_namesTheInitiator() throws Exception {
    ClientCertificate spiffe = client(Terms.of(SPIFFE));
    assertThat(initiatorOf(showing(spiffe, bare()))).isEqualTo("tls:" + SPIFFE);
    Hash digest = Hash.sha256(spiffe.chain().get(0).getEncoded());
    assertThat(lastPayload())
        .contains("\"certificate_sha256\":\"" + digest.hex() + "\"")
        .contains("\"channel\":\"unbound\"");
    assertThat(initiatorOf(showing(client(Terms.of().named("CN=Alice B,O=Corp")), bare())))
        .isEqualTo("tls:CN=Alice%20B,O=Corp");
    ClientCertificate rsa = authority.client(ClientCertificate.rsa(), Terms.of(SPIFFE));
    assertThat(initiatorOf(showing(rsa, bare()))).isEqualTo("tls:" + SPIFFE);
    assertThat(
            initiatorOf(showing(root.client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE)), bare())))
        .isEqualTo("tls:" + SPIFFE);
  }

  /** One that nobody believes is somebody's with another key, as before there were initiators. */
  @Test
  void certificate_thatIsNotUnderTheRoots_isAnothersConnection() throws Exception {
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        showing(ClientCertificate.of(SoftwareHost.newKeyPair()), bare()));
    ClientAuthority stranger = ClientAuthority.root("initiators");
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        showing(stranger.client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE)), bare()));
    // Two names are none.
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        showing(
            root.client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE, "spiffe://corp.example/bob")),
            bare()));
  }

  @Test
  void certificate_thatIsNoClientsNow_endsTheHandshake() throws Exception {
    KeyPair rsa = ClientCertificate.rsa();
    ClientCertificate whole = authority.client(rsa, Terms.of(SPIFFE));
    Map<String, ClientCertificate> refused =
        Map.of(
            "over", client(Terms.of(SPIFFE).until(Instant.now().minusSeconds(60))),
            "a server's", client(Terms.of(SPIFFE).meantFor(KeyPurposeId.id_kp_serverAuth)),
            "cut off", new ClientCertificate(rsa, whole.chain().subList(0, 1)));
    for (Map.Entry<String, ClientCertificate> one : refused.entrySet()) {
      try (HttpWire wire =
          HttpWire.tls(doors.tlsPort().orElseThrow(), one.getValue().context(), "TLSv1.3")) {
        wire.send("GET /livez HTTP/1.1\r\nHost: writ\r\n\r\n");
        assertThat(wire.readOrEnd()).as(one.getKey()).isEmpty();
      } catch (SSLException e) {
        // An alert, or the end of the connection, as the system has it.
        assertThat(e).isNotNull();
      } catch (IOException e) {
        assertThat(e.getMessage()).isNotNull();
      }
    }
  }

  /** The host's own key proves the host, and nobody who set it in motion. */
  @Test
  void certificate_ofTheInstanceKey_isTheHolders_andNoInitiators() throws Exception {
    KeyPair key = SoftwareHost.newKeyPair();
    ExecutionRequest request =
        Deployment.request(
            Deployment.workloadOf(host.name), JwkThumbprint.of((ECPublicKey) key.getPublic()));
    Application own = host.answerWithMemoryKey(deployment.challenge(host), request);
    assertDenied(
        DenialCode.RUNTIME_CONDITION,
        "initiator_unknown",
        showing(authority.client(key, Terms.of(SPIFFE)), own));
    assertThat(lastPayload()).contains("\"channel\":\"bound\"").doesNotContain("\"initiator\"");
  }

  @Test
  void proofs_ofOneInitiator_areTakenTogether() throws Exception {
    ClientCertificate shown = client(Terms.of(SPIFFE));
    assertThat(initiatorOf(showing(shown, bringing(token(SPIFFE)))))
        .isEqualTo("oidc:corp:" + SPIFFE);
    assertThat(lastPayload()).contains("\"kind\":\"oidc\"").contains("\"kind\":\"tls\"");
    assertThat(initiatorOf(showing(shown, bringing(boundTo(shown))))).isEqualTo("oidc:corp:alice");
  }

  private static InitiatorToken boundTo(ClientCertificate shown) throws Exception {
    Hash digest = Hash.sha256(shown.chain().get(0).getEncoded());
    return with(
        "cnf",
        Map.of("x5t#S256", Base64.getUrlEncoder().withoutPadding().encodeToString(digest.bytes())));
  }

  @Test
  void proofs_thatDisagree_areADenial() throws Exception {
    ClientCertificate shown = client(Terms.of(SPIFFE));
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "initiators_disagree",
        showing(shown, bringing(token("alice"))));
    InitiatorToken anothers = boundTo(client(Terms.of(SPIFFE)));
    for (HttpWire.Response answer :
        List.of(showing(shown, bringing(anothers)), plain(bringing(anothers)))) {
      assertDenied(DenialCode.ENVIRONMENT_MISMATCH, "initiator_confirmation_mismatch", answer);
    }
  }
}
