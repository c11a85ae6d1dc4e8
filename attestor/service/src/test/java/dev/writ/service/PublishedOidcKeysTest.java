// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.InitiatorToken;
import dev.writ.service.InitiatorsConfig.Keys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys of an identity provider: which are believed, from when, and for how long. */
@Timeout(60)
final class PublishedOidcKeysTest extends JudgedTokens {
  @Test
  void key_thatIsPublishedLater_isReadOnce_andTheOldOneEnds() throws Exception {
    assertThat(named(LoopbackIdp.token(key, claims()))).isEqualTo("oidc:corp:alice");
    idp.publish(other);
    InitiatorToken byOther = LoopbackIdp.token(other, claims());
    assertDenied(DenialCode.SIGNATURE_INVALID, "initiator_key_unknown", byOther);
    pass(OidcKeys.BETWEEN);
    assertThat(named(byOther)).isEqualTo("oidc:corp:alice");
    assertThat(idp.asked).hasValue(2);
    assertDenied(
        DenialCode.SIGNATURE_INVALID, "initiator_key_unknown", LoopbackIdp.token(key, claims()));
  }

  /** Whoever makes up names of keys has the issuer asked no more often than anybody. */
  @Test
  void storm_ofUnknownKeys_asksTheIssuerOnceInAWhile() throws Exception {
    assertThat(named(LoopbackIdp.token(key, claims()))).isEqualTo("oidc:corp:alice");
    pass(OidcKeys.BETWEEN);
    String[] parts = LoopbackIdp.token(key, claims()).compact().split("\\.");
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String header = part("{\"alg\":\"ES256\",\"kid\":\"made-up-" + i + "\"}");
      InitiatorToken made = new InitiatorToken(header + "." + parts[1] + "." + parts[2]);
      waiting.add(tokens.ready(made).toCompletableFuture());
      assertThat(tokens.judge(made, request, NOW)).isInstanceOf(OidcTokens.Outcome.Denied.class);
    }
    CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get(5, TimeUnit.SECONDS);
    assertThat(idp.asked).hasValue(2);
    assertThat(named(LoopbackIdp.token(key, claims()))).isEqualTo("oidc:corp:alice");
  }

  @Test
  void issuer_downBeforeTheFirstRead_isUnverifiable_andThenGood() throws Exception {
    idp.fail();
    InitiatorToken token = LoopbackIdp.token(key, claims());
    Denial denial = denied(token);
    assertThat(denial.code()).isEqualTo(DenialCode.UNVERIFIABLE);
    assertThat(denial.reason()).isEqualTo("initiator_keys_unavailable");
    assertThat(denial.retryable()).isTrue();
    idp.recover();
    assertThat(denied(token).reason())
        .as("asked a moment ago")
        .isEqualTo("initiator_keys_unavailable");
    pass(OidcKeys.BETWEEN);
    assertThat(named(token)).isEqualTo("oidc:corp:alice");
  }

  @Test
  void issuer_downAfterAGoodRead_isBelievedUntilItsKeysAreTooOld() throws Exception {
    InitiatorToken token = LoopbackIdp.token(key, claims());
    assertThat(named(token)).isEqualTo("oidc:corp:alice");
    idp.fail();
    pass(Duration.ofHours(24).minusSeconds(1));
    assertThat(named(token)).isEqualTo("oidc:corp:alice");
    pass(Duration.ofSeconds(1));
    assertDenied(DenialCode.UNVERIFIABLE, "initiator_keys_unavailable", token);
  }

  @Test
  void keys_thatAreNoSet_leaveThoseOfBefore() throws Exception {
    InitiatorToken token = LoopbackIdp.token(key, claims());
    assertThat(named(token)).isEqualTo("oidc:corp:alice");
    Map<String, byte[]> unusable = new HashMap<>();
    unusable.put("no JSON", "<html>".getBytes(StandardCharsets.UTF_8));
    unusable.put("no set", "[]".getBytes(StandardCharsets.UTF_8));
    unusable.put("too long", new byte[JwksSource.MAX_BYTES + 1]);
    unusable.put("deep", ("{\"keys\":" + "[".repeat(20_000)).getBytes(StandardCharsets.UTF_8));
    for (Map.Entry<String, byte[]> one : unusable.entrySet()) {
      idp.answer(200, one.getValue());
      pass(OidcKeys.BETWEEN);
      assertDenied(
          DenialCode.SIGNATURE_INVALID,
          "initiator_key_unknown",
          LoopbackIdp.token(other, claims()));
      assertThat(named(token)).as(one.getKey()).isEqualTo("oidc:corp:alice");
    }
    for (int status : List.of(302, 404)) {
      idp.answer(status, new byte[] {'{', '}'});
      int before = idp.asked.get();
      pass(OidcKeys.BETWEEN);
      assertThat(judge(LoopbackIdp.token(other, claims())))
          .isInstanceOf(OidcTokens.Outcome.Denied.class);
      assertThat(idp.asked).as("no redirection is followed").hasValue(before + 1);
      assertThat(named(token)).isEqualTo("oidc:corp:alice");
    }
  }

  @Test
  void key_thatIsNotFit_verifiesNothing() throws Exception {
    RSAKey little = new RSAKeyGenerator(1_024, true).keyID("little").generate();
    ECKey p384 = new ECKeyGenerator(Curve.P_384).keyID("p384").generate();
    ECKey encrypts = new ECKey.Builder(other).keyUse(KeyUse.ENCRYPTION).keyID("enc").build();
    ECKey ofOtherAlg = new ECKey.Builder(other).algorithm(JWSAlgorithm.ES512).keyID("alg").build();
    ECKey twice = new ECKey.Builder(other).keyID("twice").build();
    ECKey twin = new ECKey.Builder(LoopbackIdp.p256("twice")).build();
    idp.publish(little, p384, encrypts, ofOtherAlg, twice, twin);
    Map<JWK, InitiatorToken> signed = new HashMap<>();
    for (ECKey each : List.of(encrypts, ofOtherAlg, twice)) {
      signed.put(
          each,
          LoopbackIdp.token(new ECKey.Builder(other).keyID(each.getKeyID()).build(), claims()));
    }
    signed.put(p384, headed(es256(), "p384"));
    for (Map.Entry<JWK, InitiatorToken> one : signed.entrySet()) {
      assertDenied(DenialCode.SIGNATURE_INVALID, "initiator_key_unknown", one.getValue());
    }
    assertThat(idp.asked).hasValue(1);
    // Nobody's library signs with it.
    OidcKeys keys =
        new OidcKeys(
            "corp",
            JwksSource.of(new Keys.At(idp.url())),
            Duration.ofHours(1),
            nanos::get,
            Runnable::run);
    Deployment.join(keys.readAgain(Duration.ZERO).orElseThrow());
    assertThat(keys.find("little", JWSAlgorithm.RS256)).isInstanceOf(OidcKeys.Found.None.class);
  }

  private static InitiatorToken headed(JWSHeader.Builder header, String kid) throws Exception {
    return LoopbackIdp.token(key, header.keyID(kid).build(), claims());
  }

  @Test
  void keys_inAFile_areReadAgain(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("keys.json");
    tokens = tokens(changed("sub", false, Duration.ofHours(1), new Keys.InFile(file)));
    InitiatorToken token = LoopbackIdp.token(key, claims());
    assertDenied(DenialCode.UNVERIFIABLE, "initiator_keys_unavailable", token);
    Files.writeString(file, "{\"keys\":[" + key.toPublicJWK().toJSONString() + "]}");
    pass(OidcKeys.BETWEEN);
    assertThat(named(token)).isEqualTo("oidc:corp:alice");
    // A private key is no issuer's public one, wherever it lies.
    Files.writeString(file, "{\"keys\":[" + other.toJSONString() + "]}");
    pass(OidcKeys.BETWEEN);
    assertDenied(
        DenialCode.SIGNATURE_INVALID, "initiator_key_unknown", LoopbackIdp.token(other, claims()));
  }
}
