// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.InitiatedService.assertDenied;
import static dev.writ.service.InitiatedService.initiatorOf;
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
import dev.writ.service.ClientAuthority.Terms;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Applications over HTTP that say who set them in motion, by a token, a client's certificate, or both, to a
 * service whose policy lets nobody through of whom that is not known.
 */
@Timeout(120)
final class InitiatorIssuanceTest {
  private static final String SPIFFE = "spiffe://corp.example/alice";

  private static InitiatedService initiated;

  @BeforeAll
  static void serve(@TempDir Path folder) throws Exception {
    initiated = new InitiatedService(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    initiated.close();
  }

  private static void assertNowhereIn(String kept, InitiatorToken token) {
    for (String part : token.compact().split("\\.")) {
      assertThat(kept).doesNotContain(part);
    }
  }

  @Test
  void application_withoutAProof_isOfNobody_andThePolicyDenies() throws Exception {
    assertDenied(
        DenialCode.RUNTIME_CONDITION, "initiator_unknown", initiated.plain(initiated.bare()));
    assertThat(initiated.lastPayload())
        .doesNotContain("\"initiator\":")
        .doesNotContain("initiator_token");
  }

  @Test
  void token_good_namesTheInitiator_andIsKeptNowhere() throws Exception {
    InitiatorToken shown = initiated.token("alice");
    assertThat(initiatorOf(initiated.plain(initiated.bringing(shown))))
        .isEqualTo("oidc:corp:alice");

    String kept = initiated.lastPayload();
    assertNowhereIn(kept, shown);
    assertThat(kept)
        .contains("\"initiator\":\"oidc:corp:alice\"")
        .contains("\"token_sha256\":\"" + shown.digest().hex() + "\"");
    assertNowhereIn(
        new String(initiated.deployment.lastLeaf().bytes(), StandardCharsets.UTF_8), shown);
  }

  @Test
  void token_thatTheAgentBrings_isShownWithTheApplication() throws Exception {
    HttpServiceEndpoint service =
        HttpServiceEndpoint.at(
            URI.create("http://127.0.0.1:" + initiated.doors.plainPort().orElseThrow()),
            List.of(),
            InstantSource.system(),
            Timeouts.STANDARD);
    Application bare = initiated.bare();
    IssueRequest request =
        new IssueRequest(
            bare.akName(), bare.request(), bare.exec(), bare.challenge(), bare.evidence());

    Answer<ProofBundle> answer = service.bringing(initiated.token("alice")).issue(request);

    assertThat(answer).isInstanceOf(Answer.Granted.class);
    ProofBundle bundle = ((Answer.Granted<ProofBundle>) answer).value();
    assertThat(Artifact.parse(bundle.artifact()).claims().gov().initiator())
        .isEqualTo("oidc:corp:alice");
  }

  @Test
  void decision_withAnInitiator_replaysTheSame_andSaysWhatItRestsOn() throws Exception {
    assertThat(initiatorOf(initiated.plain(initiated.bringing(initiated.token("alice")))))
        .isEqualTo("oidc:corp:alice");
    long allowed = initiated.deployment.leaves() - 1;

    Replayed replayed = initiated.store.replay(allowed);

    assertThat(ReplayedStore.notSame(replayed)).isEmpty();
    assertThat(ReplayedStore.outcome(replayed, ReplayStep.INPUTS).orElseThrow().detail())
        .contains("the initiator stands as recorded");
    assertThat(
            ReplayedStore.notSame(
                initiated.store.with(
                    "payload WHERE leaf_index = " + allowed,
                    "bytes",
                    ReplayedStore.replacing("oidc:corp:alice", "oidc:corp:mallo"),
                    allowed)))
        .isNotEmpty();
  }

  @Test
  void token_thatIsNotGood_isADenialInTheLedger_withItsDigestAlone() throws Exception {
    InitiatorToken late =
        initiated.with("exp", initiated.deployment.clock.instant().getEpochSecond());

    assertDenied(
        DenialCode.EXPIRED, "initiator_token_expired", initiated.plain(initiated.bringing(late)));

    assertThat(initiated.deployment.lastLeaf().body())
        .isInstanceOfSatisfying(
            LeafBody.DecisionDeny.class,
            deny -> assertThat(deny.reason()).isEqualTo("initiator_token_expired"));
    assertNowhereIn(initiated.lastPayload(), late);
    assertThat(initiated.lastPayload())
        .contains("\"initiator_token_sha256\":\"" + late.digest().hex() + "\"");
    // What is not kept is not called a difference.
    Replayed replayed = initiated.store.replay(initiated.deployment.leaves() - 1);
    assertThat(replayed.standing())
        .isNotIn(Replayed.Standing.DIFFERS, Replayed.Standing.CONTRADICTS);
  }

  @Test
  void token_ofAnotherRequest_isDenied_andForThisOneGood() throws Exception {
    ExecutionRequest another =
        Deployment.request(
            Deployment.workloadOf(initiated.host.name),
            JwkThumbprint.of((ECPublicKey) SoftwareHost.newKeyPair().getPublic()));
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "initiator_nonce_mismatch",
        initiated.plain(
            initiated.bringing(initiated.with("nonce", InitiatorToken.nonceFor(another)))));
    assertThat(
            initiatorOf(
                initiated.plain(
                    initiated.bringing(
                        initiated.with(
                            "nonce",
                            InitiatorToken.nonceFor(Deployment.request(initiated.host)))))))
        .isEqualTo("oidc:corp:alice");
  }

  @Test
  void token_thatIsNoText_isMalformed() throws Exception {
    String body = ApiBodies.issue(initiated.bringing(initiated.token("alice")));
    for (String wrong :
        List.of("\"a b\"", "5", "\"" + "a".repeat(InitiatorToken.MAX_LENGTH + 1) + "\"")) {
      try (HttpWire wire = HttpWire.tcp(initiated.doors.plainPort().orElseThrow())) {
        HttpWire.Response answer =
            wire.post(
                "/v1/artifacts",
                body.replaceFirst(
                    "\"initiator_token\":\"[^\"]*\"", "\"initiator_token\":" + wrong));
        assertThat(answer.status()).isEqualTo(400);
      }
    }
  }

  /** Whoever is no initiated.host makes nobody wait, and has nobody asked, whatever token they make up. */
  @Test
  void provider_thatHangs_isWaitedForByNobodyWhoIsNoHost() throws Exception {
    ECKey later = LoopbackIdp.p256("k2");
    InitiatorToken madeUp = LoopbackIdp.token(later, initiated.claims("alice"));
    Application one = initiated.bringing(madeUp);
    Application another = initiated.bare();
    SoftwareHost stranger = initiated.deployment.host("stranger");
    Map<String, Application> nobodys =
        Map.of(
            "another challenge than the quote's", withEvidenceOf(one, initiated.host, another),
            "another host's name", withEvidenceOf(one, stranger, one),
            "a initiated.host that is not enrolled",
                withEvidenceOf(one, stranger, stranger.answer(one.challenge(), one.request())));
    int before = initiated.idp.asked.get();
    initiated.deployment.pass(OidcKeys.BETWEEN);
    initiated.idp.hang();
    try {
      for (Map.Entry<String, Application> each : nobodys.entrySet()) {
        assertThat(initiated.plain(each.getValue()).status()).as(each.getKey()).isEqualTo(403);
        assertThat(initiated.idp.asked).as(each.getKey()).hasValue(before);
      }
    } finally {
      initiated.idp.publish(initiated.idpKey, later);
      initiated.idp.release();
    }
    assertThat(initiatorOf(initiated.plain(one))).as("the host's own").isEqualTo("oidc:corp:alice");
    assertThat(initiated.idp.asked).hasValue(before + 1);
  }

  /** The same request and token, of this initiated.host, with the challenge and evidence of the last. */
  private static Application withEvidenceOf(
      Application of, SoftwareHost asking, Application shown) {
    return new Application(
        asking.ak.name(),
        shown.challenge(),
        of.request(),
        of.exec(),
        asking == initiated.host ? of.evidence() : shown.evidence(),
        of.initiatorToken(),
        of.parentProof());
  }

  @Test
  void certificate_thatEndsOnItsConnection_namesNobodyFromThen() throws Exception {
    ClientCertificate shown =
        initiated.client(
            Terms.of(SPIFFE).until(initiated.deployment.clock.instant().plusSeconds(60)));
    try (HttpWire wire =
        HttpWire.tls(initiated.doors.tlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
      for (int i = 0; i < 2; i++) {
        assertThat(initiatorOf(wire.post("/v1/artifacts", ApiBodies.issue(initiated.bare()))))
            .isEqualTo("tls:" + SPIFFE);
      }
      initiated.deployment.clock.advance(Duration.ofSeconds(62));
      assertDenied(
          DenialCode.ENVIRONMENT_MISMATCH,
          "channel_key_mismatch",
          wire.post("/v1/artifacts", ApiBodies.issue(initiated.bare())));
    }
  }

  @Test
  void certificate_underTheRoots_namesTheInitiator() throws Exception {
    ClientCertificate spiffe = initiated.client(Terms.of(SPIFFE));
    assertThat(initiatorOf(initiated.showing(spiffe, initiated.bare()))).isEqualTo("tls:" + SPIFFE);
    Hash digest = Hash.sha256(spiffe.chain().get(0).getEncoded());
    assertThat(initiated.lastPayload())
        .contains("\"certificate_sha256\":\"" + digest.hex() + "\"")
        .contains("\"channel\":\"unbound\"");
    assertThat(
            initiatorOf(
                initiated.showing(
                    initiated.client(Terms.of().named("CN=Alice B,O=Corp")), initiated.bare())))
        .isEqualTo("tls:CN=Alice%20B,O=Corp");
    ClientCertificate rsa = initiated.authority.client(ClientCertificate.rsa(), Terms.of(SPIFFE));
    assertThat(initiatorOf(initiated.showing(rsa, initiated.bare()))).isEqualTo("tls:" + SPIFFE);
    assertThat(
            initiatorOf(
                initiated.showing(
                    initiated.root.client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE)),
                    initiated.bare())))
        .isEqualTo("tls:" + SPIFFE);
  }

  /** One that nobody believes is somebody's with another key, as before there were initiators. */
  @Test
  void certificate_thatIsNotUnderTheRoots_isAnothersConnection() throws Exception {
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        initiated.showing(ClientCertificate.of(SoftwareHost.newKeyPair()), initiated.bare()));
    ClientAuthority stranger = ClientAuthority.root("initiators");
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        initiated.showing(
            stranger.client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE)), initiated.bare()));
    // Two names are none.
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "channel_key_mismatch",
        initiated.showing(
            initiated.root.client(
                SoftwareHost.newKeyPair(), Terms.of(SPIFFE, "spiffe://corp.example/bob")),
            initiated.bare()));
  }

  @Test
  void certificate_thatIsNoClientsNow_endsTheHandshake() throws Exception {
    KeyPair rsa = ClientCertificate.rsa();
    ClientCertificate whole = initiated.authority.client(rsa, Terms.of(SPIFFE));
    Map<String, ClientCertificate> refused =
        Map.of(
            "over", initiated.client(Terms.of(SPIFFE).until(Instant.now().minusSeconds(60))),
            "a server's",
                initiated.client(Terms.of(SPIFFE).meantFor(KeyPurposeId.id_kp_serverAuth)),
            "cut off", new ClientCertificate(rsa, whole.chain().subList(0, 1)));
    for (Map.Entry<String, ClientCertificate> one : refused.entrySet()) {
      try (HttpWire wire =
          HttpWire.tls(
              initiated.doors.tlsPort().orElseThrow(), one.getValue().context(), "TLSv1.3")) {
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

  /** The host's own key proves the initiated.host, and nobody who set it in motion. */
  @Test
  void certificate_ofTheInstanceKey_isTheHolders_andNoInitiators() throws Exception {
    KeyPair key = SoftwareHost.newKeyPair();
    ExecutionRequest request =
        Deployment.request(
            Deployment.workloadOf(initiated.host.name),
            JwkThumbprint.of((ECPublicKey) key.getPublic()));
    Application own =
        initiated.host.answerWithMemoryKey(initiated.deployment.challenge(initiated.host), request);
    assertDenied(
        DenialCode.RUNTIME_CONDITION,
        "initiator_unknown",
        initiated.showing(initiated.authority.client(key, Terms.of(SPIFFE)), own));
    assertThat(initiated.lastPayload())
        .contains("\"channel\":\"bound\"")
        .doesNotContain("\"initiator\"");
  }

  @Test
  void proofs_ofOneInitiator_areTakenTogether() throws Exception {
    ClientCertificate shown = initiated.client(Terms.of(SPIFFE));
    assertThat(initiatorOf(initiated.showing(shown, initiated.bringing(initiated.token(SPIFFE)))))
        .isEqualTo("oidc:corp:" + SPIFFE);
    assertThat(initiated.lastPayload()).contains("\"kind\":\"oidc\"").contains("\"kind\":\"tls\"");
    assertThat(initiatorOf(initiated.showing(shown, initiated.bringing(boundTo(shown)))))
        .isEqualTo("oidc:corp:alice");
  }

  private static InitiatorToken boundTo(ClientCertificate shown) throws Exception {
    Hash digest = Hash.sha256(shown.chain().get(0).getEncoded());
    return initiated.with(
        "cnf",
        Map.of("x5t#S256", Base64.getUrlEncoder().withoutPadding().encodeToString(digest.bytes())));
  }

  @Test
  void proofs_thatDisagree_areADenial() throws Exception {
    ClientCertificate shown = initiated.client(Terms.of(SPIFFE));
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "initiators_disagree",
        initiated.showing(shown, initiated.bringing(initiated.token("alice"))));
    InitiatorToken anothers = boundTo(initiated.client(Terms.of(SPIFFE)));
    for (HttpWire.Response answer :
        List.of(
            initiated.showing(shown, initiated.bringing(anothers)),
            initiated.plain(initiated.bringing(anothers)))) {
      assertDenied(DenialCode.ENVIRONMENT_MISMATCH, "initiator_confirmation_mismatch", answer);
    }
  }

  @Nested
  class Approvals extends InitiatorApprovalsTest {
    Approvals() {
      super(initiated);
    }
  }
}
