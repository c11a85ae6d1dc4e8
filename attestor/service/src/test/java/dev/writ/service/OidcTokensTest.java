// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.service.InitiatorsConfig.Keys;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens of an identity provider on this machine: good ones, and all that must not pass for one. */
@Timeout(60)
final class OidcTokensTest extends JudgedTokens {
  private static RSAKey rsa;

  @BeforeAll
  static void makeRsaKey() throws Exception {
    rsa = new RSAKeyGenerator(2_048).keyID("r1").generate();
  }

  @Override
  List<JWK> published() {
    return List.of(key, rsa);
  }

  @Test
  void token_ofEachAlgorithm_namesItsSubject() throws Exception {
    assertThat(named(LoopbackIdp.token(key, claims()))).isEqualTo("oidc:corp:alice");
    for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256)) {
      assertThat(named(LoopbackIdp.token(rsa, algorithm, claims()))).isEqualTo("oidc:corp:alice");
    }
    assertThat(idp.asked).as("its keys were read once").hasValue(1);
  }

  @Test
  void token_asProvidersVaryIt_isGood() throws Exception {
    List<InitiatorToken> good =
        List.of(
            token(claims -> claims.put("aud", List.of("another", LoopbackIdp.AUDIENCE))),
            token(claims -> claims.put("nbf", NOW.plusSeconds(29).getEpochSecond())),
            token(claims -> claims.put("iat", NOW.getEpochSecond() + 0.5)),
            token(claims -> claims.put("iat", NOW.minusSeconds(3_600).getEpochSecond())),
            token(claims -> claims.put("exp", NOW.plusSeconds(1).getEpochSecond())),
            token(claims -> claims.put("nonce", InitiatorToken.nonceFor(request))),
            token(claims -> claims.put("cnf", Map.of("jkt", thumbprint(request.jkt())))),
            headed(es256()),
            headed(es256().type(new JOSEObjectType("at+jwt"))),
            headed(es256().type(new JOSEObjectType("jwt"))));
    for (InitiatorToken token : good) {
      assertThat(named(token)).isEqualTo("oidc:corp:alice");
    }
  }

  private static String thumbprint(Hash hash) {
    return BASE64_URL.encodeToString(hash.bytes());
  }

  @Test
  void proof_keepsTheTokensDigestAndNotTheToken() throws Exception {
    InitiatorToken token = LoopbackIdp.token(key, claims());
    OidcTokens.Outcome.Good good = (OidcTokens.Outcome.Good) judge(token);
    String kept = new String(good.initiator().toJson(), StandardCharsets.UTF_8);
    assertThat(kept)
        .contains("\"token_sha256\":\"" + token.digest().hex() + "\"")
        .contains("\"kid\":\"k1\"")
        .contains("\"name\":\"oidc:corp:alice\"");
    String[] parts = token.compact().split("\\.");
    assertThat(kept).doesNotContain(parts[1]).doesNotContain(parts[2]);
    assertThat(token.toString()).doesNotContain(parts[2]);
  }

  @Test
  void name_ofAnotherClaim_isEncodedSoThatNoTwoAreOne() throws Exception {
    tokens = tokens(changed("name", false, Duration.ofHours(1), new Keys.At(idp.url())));
    Map<String, String> names =
        Map.of(
            "Alice B", "oidc:corp:Alice%20B",
            "Alice%20B", "oidc:corp:Alice%2520B",
            "Zoë", "oidc:corp:Zo%C3%AB",
            "a\nb", "oidc:corp:a%0Ab");
    for (Map.Entry<String, String> name : names.entrySet()) {
      assertThat(named(token(claims -> claims.put("name", name.getKey()))))
          .isEqualTo(name.getValue());
    }
    String unfit = "initiator_claim_unfit";
    assertDenied(DenialCode.UNVERIFIABLE, unfit, LoopbackIdp.token(key, claims()));
    for (Object name : List.of("", "a".repeat(247), " ".repeat(100), List.of("alice"), 5)) {
      assertDenied(DenialCode.UNVERIFIABLE, unfit, token(claims -> claims.put("name", name)));
    }
  }

  @Test
  void name_ofAnAddressThatItsIssuerDidNotVerify_isNobodys() throws Exception {
    tokens = tokens(changed("email", false, Duration.ofHours(1), new Keys.At(idp.url())));
    Consumer<Map<String, Object>> email = claims -> claims.put("email", "alice@corp.example");
    assertThat(named(token(email.andThen(claims -> claims.put("email_verified", true)))))
        .isEqualTo("oidc:corp:alice@corp.example");
    String unverified = "initiator_email_unverified";
    assertDenied(DenialCode.UNVERIFIABLE, unverified, token(email));
    for (Object word : List.of(false, "true", 1, List.of(true))) {
      assertDenied(
          DenialCode.UNVERIFIABLE,
          unverified,
          token(email.andThen(claims -> claims.put("email_verified", word))));
    }
    tokens = tokens(idp.config("corp"));
    assertThat(named(token(email))).as("another claim is the name").isEqualTo("oidc:corp:alice");
  }

  /** A key's name is its issuer's own: the same one elsewhere is another key. */
  @Test
  void token_byTheKeyOfAnotherIssuerOfThatName_isNone() throws Exception {
    ECKey theirs = LoopbackIdp.p256("k1");
    String partner = "https://partner.example";
    try (LoopbackIdp second = LoopbackIdp.of(theirs)) {
      tokens = tokens(idp.config("corp"), second.config("partner", partner));
      Map<String, Object> ofPartner = claims();
      ofPartner.put("iss", partner);
      assertThat(named(LoopbackIdp.token(key, claims()))).isEqualTo("oidc:corp:alice");
      assertThat(named(LoopbackIdp.token(theirs, ofPartner))).isEqualTo("oidc:partner:alice");
      String invalid = "initiator_signature_invalid";
      assertDenied(DenialCode.SIGNATURE_INVALID, invalid, LoopbackIdp.token(theirs, claims()));
      assertDenied(DenialCode.SIGNATURE_INVALID, invalid, LoopbackIdp.token(key, ofPartner));
    }
  }

  /** Whoever has a signature of ECDSA has another over the same bytes. */
  @Test
  void digest_isOfWhatIsSigned_andNotOfTheSignature() throws Exception {
    Map<String, Object> claims = claims();
    InitiatorToken one = LoopbackIdp.token(key, claims);
    InitiatorToken two = LoopbackIdp.token(key, claims);
    assertThat(one).isNotEqualTo(two);
    assertThat(one.digest()).isEqualTo(two.digest());
    String signed = one.compact().substring(0, one.compact().lastIndexOf('.'));
    assertThat(one.digest()).isEqualTo(Hash.sha256(signed.getBytes(StandardCharsets.US_ASCII)));
    claims.put("sub", "bob");
    assertThat(LoopbackIdp.token(key, claims).digest()).isNotEqualTo(one.digest());
  }

  @Test
  void token_thatNobodySigned_isNone() throws Exception {
    String payload = LoopbackIdp.token(key, claims()).compact().split("\\.")[1];
    String none = part("{\"alg\":\"none\"}") + "." + payload + ".";
    assertDenied(DenialCode.UNVERIFIABLE, "initiator_token_malformed", new InitiatorToken(none));
    String signed = LoopbackIdp.token(key, claims()).compact();
    String cut = signed.substring(0, signed.lastIndexOf('.') + 1);
    assertThat(denied(new InitiatorToken(cut)).code())
        .isIn(DenialCode.UNVERIFIABLE, DenialCode.SIGNATURE_INVALID);
  }

  /** The issuer's public key is everybody's: as the secret of a MAC it proves nothing. */
  @Test
  void token_withAMacUnderThePublicKey_isNone() throws Exception {
    String payload = LoopbackIdp.token(key, claims()).compact().split("\\.")[1];
    List<byte[]> secrets =
        List.of(
            rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
            rsa.toRSAPublicKey().getEncoded(),
            key.toECPublicKey().getEncoded());
    for (String kid : List.of("k1", "r1")) {
      for (byte[] secret : secrets) {
        String input = part("{\"alg\":\"HS256\",\"kid\":\"" + kid + "\"}") + "." + payload;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        byte[] tag = mac.doFinal(input.getBytes(StandardCharsets.US_ASCII));
        assertDenied(
            DenialCode.UNVERIFIABLE,
            "initiator_alg_not_allowed",
            new InitiatorToken(input + "." + BASE64_URL.encodeToString(tag)));
      }
    }
  }

  @Test
  void signature_overOtherBytesOrByAnotherKey_isNone() throws Exception {
    InitiatorToken good = LoopbackIdp.token(key, claims());
    String[] parts = good.compact().split("\\.");
    String bob =
        new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
            .replace("alice", "bobby");
    String invalid = "initiator_signature_invalid";
    assertDenied(
        DenialCode.SIGNATURE_INVALID,
        invalid,
        new InitiatorToken(parts[0] + "." + part(bob) + "." + parts[2]));
    ECKey sameName = LoopbackIdp.p256("k1");
    assertDenied(DenialCode.SIGNATURE_INVALID, invalid, LoopbackIdp.token(sameName, claims()));
    // By the RSA key's name, of which there is none for this algorithm.
    ECKey ofRsa = LoopbackIdp.p256("r1");
    assertDenied(
        DenialCode.SIGNATURE_INVALID, "initiator_key_unknown", LoopbackIdp.token(ofRsa, claims()));
  }

  @Test
  void header_thatIsNotUnderstoodWhole_isRefused() throws Exception {
    String malformed = "initiator_token_malformed";
    List<InitiatorToken> tokens =
        List.of(
            headed(es256().criticalParams(java.util.Set.of("exp")).customParam("exp", 1)),
            headed(es256().type(new JOSEObjectType("logout+jwt"))),
            headed(es256().type(new JOSEObjectType("authz-artifact+jwt"))),
            LoopbackIdp.token(key, es256().build(), claims()),
            LoopbackIdp.token(key, es256().keyID("k".repeat(257)).build(), claims()),
            new InitiatorToken("abc.def.ghi"),
            new InitiatorToken("a.b.c.d.e"),
            new InitiatorToken(
                part("{\"alg\":\"ES256\",\"kid\":\"k1\"}") + "." + part("[]") + ".AA"));
    for (InitiatorToken token : tokens) {
      assertDenied(DenialCode.UNVERIFIABLE, malformed, token);
    }
    assertDenied(
        DenialCode.UNVERIFIABLE,
        "initiator_alg_not_allowed",
        LoopbackIdp.token(rsa, JWSAlgorithm.RS512, claims()));
  }

  @Test
  void text_thatCannotBeAToken_isNotTakenForOne() {
    for (String text :
        List.of(
            "", "a.b", "a b.c.d", "a.b.c\n", "ä.b.c", "a".repeat(InitiatorToken.MAX_LENGTH + 1))) {
      assertThatThrownBy(() -> new InitiatorToken(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("initiator_token must be a compact JWT");
    }
    assertThat(new InitiatorToken("a".repeat(InitiatorToken.MAX_LENGTH)).compact()).isNotEmpty();
  }

  @Test
  void token_ofAnotherIssuerOrForAnotherAudience_isOutOfScope() throws Exception {
    DenialCode scope = DenialCode.SCOPE_EXCEEDED;
    for (String issuer :
        List.of("https://evil.example", LoopbackIdp.ISSUER + "/", "HTTPS://idp.example")) {
      assertDenied(scope, "initiator_issuer_unknown", token(claims -> claims.put("iss", issuer)));
    }
    List<Object> audiences =
        List.of("Writ", "", List.of(), List.of("other"), Map.of("writ", "writ"));
    for (Object audience : audiences) {
      assertDenied(
          scope, "initiator_audience_mismatch", token(claims -> claims.put("aud", audience)));
    }
    assertDenied(scope, "initiator_audience_mismatch", token(claims -> claims.remove("aud")));
    assertThat(idp.asked).as("an issuer that is unknown is not asked").hasValue(1);
  }

  @Test
  void token_outsideItsTime_isDenied() throws Exception {
    long now = NOW.getEpochSecond();
    assertDenied(
        DenialCode.EXPIRED, "initiator_token_expired", token(claims -> claims.put("exp", now)));
    assertDenied(
        DenialCode.EXPIRED,
        "initiator_token_too_old",
        token(claims -> claims.put("iat", now - 3_601)));
    for (String claim : List.of("iat", "nbf")) {
      assertDenied(
          DenialCode.NOT_YET_VALID,
          "initiator_token_not_yet_valid",
          token(claims -> claims.put(claim, now + 31)));
    }
    String malformed = "initiator_token_malformed";
    List<Object> wrong = List.of("soon", -1, 1e18, List.of(now));
    for (String claim : List.of("iat", "exp")) {
      assertDenied(DenialCode.UNVERIFIABLE, malformed, token(claims -> claims.remove(claim)));
      for (Object date : wrong) {
        assertDenied(DenialCode.UNVERIFIABLE, malformed, token(claims -> claims.put(claim, date)));
      }
    }
  }

  @Test
  void token_forAnotherRequest_isDenied() throws Exception {
    DenialCode mismatch = DenialCode.ENVIRONMENT_MISMATCH;
    ExecutionRequest another = Deployment.request("spiffe://dev.example/worker-b", request.jkt());
    for (Object nonce : List.of(InitiatorToken.nonceFor(another), "", 5, request.digest().hex())) {
      assertDenied(
          mismatch, "initiator_nonce_mismatch", token(claims -> claims.put("nonce", nonce)));
    }
    tokens = tokens(changed("sub", true, Duration.ofHours(1), new Keys.At(idp.url())));
    assertDenied(mismatch, "initiator_nonce_missing", LoopbackIdp.token(key, claims()));
    assertThat(named(token(claims -> claims.put("nonce", InitiatorToken.nonceFor(request)))))
        .isEqualTo("oidc:corp:alice");
  }

  @Test
  void token_boundToAnotherKey_isDenied() throws Exception {
    Hash something = Hash.sha256(new byte[] {1});
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "initiator_confirmation_mismatch",
        token(claims -> claims.put("cnf", Map.of("jkt", thumbprint(something)))));
    List<Object> unknown =
        List.of(
            "jkt",
            Map.of(),
            Map.of("jwe", "x"),
            Map.of("jkt", "x"),
            Map.of("jkt", thumbprint(request.jkt()), "kid", "x"));
    for (Object cnf : unknown) {
      assertDenied(
          DenialCode.UNVERIFIABLE,
          "initiator_token_malformed",
          token(claims -> claims.put("cnf", cnf)));
    }
    OidcTokens.Outcome bound =
        judge(token(claims -> claims.put("cnf", Map.of("x5t#S256", thumbprint(something)))));
    assertThat(bound)
        .isInstanceOfSatisfying(
            OidcTokens.Outcome.Good.class,
            good -> assertThat(good.boundCertificate()).contains(something));
  }

  @Test
  void nobodysToken_isOfAnUnknownIssuer() throws Exception {
    OidcTokens none = tokens();
    InitiatorToken token = LoopbackIdp.token(key, claims());
    Deployment.join(none.ready(token));
    assertThat(none.judge(token, request, NOW))
        .isInstanceOfSatisfying(
            OidcTokens.Outcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("initiator_issuer_unknown"));
  }
}
