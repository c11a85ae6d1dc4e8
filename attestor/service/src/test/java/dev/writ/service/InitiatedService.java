// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StrictJson;
import dev.writ.service.ClientAuthority.Terms;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A service whose policy lets nobody through of whom it is not known who set a request in motion, with an
 * identity provider and an authority of clients that it believes, and one host.
 */
final class InitiatedService implements AutoCloseable {
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

  private final ServiceToken token;
  final Deployment deployment;
  final Path socket;
  final Doors doors;
  final LoopbackIdp idp;
  final ECKey idpKey;
  final ClientAuthority root;
  final ClientAuthority authority;
  final SoftwareHost host;
  final ReplayedStore store;

  InitiatedService(Path folder) throws Exception {
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

  @Override
  public void close() {
    doors.close();
    deployment.close();
    idp.close();
    token.close();
  }

  String name(int operator) {
    return Deployment.name(deployment.operators.kid(operator));
  }

  private String separated() {
    return """
        {"threshold": 1, "separation": true, "approvers": ["%1$s", "%2$s"],
         "principals": {"%1$s": ["oidc:corp:alice"], "%2$s": ["oidc:corp:bob"]}}\
        """
        .formatted(name(0), name(1));
  }

  /** First of all, since afterwards its keys are there. */
  private void downBeforeTheFirstRead() throws Exception {
    HttpWire.Response away = plain(bringing(token("alice")));
    assertThat(away.status()).isEqualTo(503);
    assertThat(StrictJson.parse(away.body(), 4_096).text("reason"))
        .isEqualTo("initiator_keys_unavailable");
    idp.recover();
    deployment.pass(OidcKeys.BETWEEN);
    assertThat(initiatorOf(plain(bringing(token("alice"))))).isEqualTo("oidc:corp:alice");
  }

  Map<String, Object> claims(String subject) {
    return LoopbackIdp.claims(subject, deployment.clock.instant());
  }

  InitiatorToken token(String subject) throws Exception {
    return LoopbackIdp.token(idpKey, claims(subject));
  }

  InitiatorToken with(String claim, Object value) throws Exception {
    Map<String, Object> claims = new LinkedHashMap<>(claims("alice"));
    claims.put(claim, value);
    return LoopbackIdp.token(idpKey, claims);
  }

  Application bare() {
    return host.answer(deployment.challenge(host), Deployment.request(host));
  }

  Application bringing(InitiatorToken token) {
    return bringing(token, bare());
  }

  Application bringing(InitiatorToken token, Application bare) {
    return new Application(
        bare.akName(),
        bare.challenge(),
        bare.request(),
        bare.exec(),
        bare.evidence(),
        Optional.of(token),
        bare.parentProof());
  }

  HttpWire.Response plain(Application application) throws Exception {
    try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
      return wire.post("/v1/artifacts", ApiBodies.issue(application));
    }
  }

  HttpWire.Response showing(ClientCertificate shown, Application application) throws Exception {
    try (HttpWire wire = HttpWire.tls(doors.tlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
      return wire.post("/v1/artifacts", ApiBodies.issue(application));
    }
  }

  ClientCertificate client(Terms terms) throws Exception {
    return authority.client(SoftwareHost.newKeyPair(), terms);
  }

  static String initiatorOf(HttpWire.Response answer) throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    return Artifact.parse(ProofBundle.parse(answer.body()).artifact()).claims().gov().initiator();
  }

  static void assertDenied(DenialCode code, String reason, HttpWire.Response answer)
      throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    var problem = StrictJson.parse(answer.body(), 4_096);
    assertThat(problem.text("reason")).isEqualTo(reason);
    assertThat(problem.text("code")).isEqualTo(code.wire());
  }

  String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(),
        StandardCharsets.UTF_8);
  }
}
