// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.service.InitiatorsConfig.Keys;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * Tokens of an identity provider on this machine, and what is made of them at a time that a test moves.
 */
abstract class JudgedTokens {
  static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");
  static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

  static ECKey key;
  static ECKey other;
  private static Provider signatures;

  final ExecutionRequest request =
      Deployment.request(
          "spiffe://dev.example/worker-a",
          JwkThumbprint.of((ECPublicKey) SoftwareHost.newKeyPair().getPublic()));
  final AtomicLong nanos = new AtomicLong();
  LoopbackIdp idp;
  OidcTokens tokens;

  @BeforeAll
  static void makeKeys() throws Exception {
    signatures = Signature.getInstance("SHA256withECDSA").getProvider();
    key = LoopbackIdp.p256("k1");
    other = LoopbackIdp.p256("k2");
  }

  /** What the provider has published when a test begins. */
  List<JWK> published() {
    return List.of(key);
  }

  @BeforeEach
  void begin() throws Exception {
    idp = LoopbackIdp.of(published().toArray(JWK[]::new));
    tokens = tokens(idp.config("corp"));
  }

  @AfterEach
  void end() {
    idp.close();
  }

  /** Whoever needs a key reads it: nothing happens beside. */
  OidcTokens tokens(OidcIssuer... configs) {
    List<OidcTokens.Issuer> issuers = new ArrayList<>();
    for (OidcIssuer config : configs) {
      issuers.add(
          new OidcTokens.Issuer(
              config,
              new OidcKeys(
                  config.name(),
                  JwksSource.of(config.keys()),
                  config.keysMaxAge(),
                  nanos::get,
                  Runnable::run)));
    }
    return new OidcTokens(issuers, signatures);
  }

  OidcIssuer changed(String claim, boolean nonce, Duration maxAge, Keys keys) {
    OidcIssuer usual = idp.config("corp");
    return new OidcIssuer(
        usual.name(),
        usual.issuer(),
        usual.audience(),
        claim,
        nonce,
        maxAge,
        keys,
        Duration.ofHours(24));
  }

  void pass(Duration time) {
    var unused = nanos.addAndGet(time.toNanos());
  }

  OidcTokens.Outcome judge(InitiatorToken token) {
    Deployment.join(tokens.ready(token));
    return tokens.judge(token, request, NOW);
  }

  String named(InitiatorToken token) {
    OidcTokens.Outcome outcome = judge(token);
    if (outcome instanceof OidcTokens.Outcome.Good good) {
      return good.initiator().name();
    }
    throw new AssertionError(outcome);
  }

  Denial denied(InitiatorToken token) {
    OidcTokens.Outcome outcome = judge(token);
    if (outcome instanceof OidcTokens.Outcome.Denied denied) {
      assertThat(denied.denial().message())
          .doesNotContain(token.compact())
          .doesNotContain("alice")
          .doesNotContain(LoopbackIdp.ISSUER);
      return denied.denial();
    }
    throw new AssertionError(outcome);
  }

  void assertDenied(DenialCode code, String reason, InitiatorToken token) {
    Denial denial = denied(token);
    assertThat(denial.reason()).as(denial.toString()).isEqualTo(reason);
    assertThat(denial.code()).isEqualTo(code);
  }

  static Map<String, Object> claims() {
    return LoopbackIdp.claims("alice", NOW);
  }

  static InitiatorToken token(Consumer<Map<String, Object>> change) throws Exception {
    Map<String, Object> claims = claims();
    change.accept(claims);
    return LoopbackIdp.token(key, claims);
  }

  static InitiatorToken headed(JWSHeader.Builder header) throws Exception {
    return LoopbackIdp.token(key, header.keyID("k1").build(), claims());
  }

  static JWSHeader.Builder es256() {
    return new JWSHeader.Builder(JWSAlgorithm.ES256);
  }

  static String part(String json) {
    return BASE64_URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
