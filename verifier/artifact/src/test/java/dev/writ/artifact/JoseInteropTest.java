// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.writ.tlog.Hash;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Set;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;

/** An ordinary JOSE library, set up as its manual says, verifies an artifact by the trust file. */
class JoseInteropTest {
  private static DefaultJWTProcessor<SecurityContext> processor() throws Exception {
    JWKSet keys = JWKSet.parse(TestWorld.trust(TestWorld.devTrust()).jwks(KeyRole.ISSUER));
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType(Artifact.TYPE)));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, new ImmutableJWKSet<>(keys)));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            ExecAudience.of(TestWorld.AK),
            new JWTClaimsSet.Builder().issuer(TestWorld.ISSUER).build(),
            Set.of("sub", "iat", "nbf", "exp", "jti", "cnf")) {
          @Override
          protected Date currentTime() {
            return Date.from(TestWorld.NOW);
          }
        });
    return processor;
  }

  @Test
  void nimbus_artifactByTheTrustFilesJwks_verifies() throws Exception {
    JWTClaimsSet claims = processor().process(ArtifactTest.signed().compact(), null);

    assertThat(claims.getJWTID()).isEqualTo(TestWorld.JTI.toString());
    assertThat(claims.getJSONObjectClaim("cnf"))
        .containsEntry("jkt", Base64Url.encode(TestKey.INSTANCE.kid().bytes()));
  }

  @Test
  void nimbus_artifactOfAnotherKey_refuses() {
    byte[] input = Artifact.signingInput(TestKey.ISSUER.kid(), TestWorld.claims());
    String forged = Artifact.assemble(input, TestKey.LOG.sign(input)).compact();

    assertThatThrownBy(() -> processor().process(forged, null))
        .isInstanceOf(BadJOSEException.class);
  }

  /** A status token is an ordinary JWT, whose list zlib inflates. */
  @Test
  void nimbus_statusTokenByTheTrustFilesJwks_verifies() throws Exception {
    JWKSet keys = JWKSet.parse(TestWorld.trust(TestWorld.statusTrust()).jwks(KeyRole.STATUS));
    SignedJWT token = SignedJWT.parse(StatusIssuance.valid().revoke(StatusIssuance.IDX).get());
    JWTClaimsSet claims = token.getJWTClaimsSet();
    String lst = requireNonNull(claims.getJSONObjectClaim("status_list").get("lst")).toString();
    byte[] list =
        new InflaterInputStream(new ByteArrayInputStream(Base64URL.from(lst).decode()))
            .readAllBytes();

    assertThat(token.getHeader().getType()).isEqualTo(new JOSEObjectType("statuslist+jwt"));
    assertThat(token.verify(new ECDSAVerifier(keys.getKeys().get(0).toECKey()))).isTrue();
    assertThat(claims.getSubject()).isEqualTo("https://writ.example/status/0");
    assertThat(list).hasSize(16 * 1024);
    assertThat(list[StatusIssuance.IDX / 8]).isEqualTo((byte) (1 << StatusIssuance.IDX % 8));
  }

  /** RFC 7515 section 4.1.3: a holder's statement carries its key. */
  @Test
  void nimbus_outcomeByItsOwnJwk_verifies() throws Exception {
    OutcomeClaims outcome =
        new OutcomeClaims(
            TestWorld.JTI, TestWorld.hash("artifact"), OutcomeState.OK, TestWorld.NOW);
    byte[] input =
        OutcomeStatement.signingInput(
            new OutcomeStatement.Signer.Holder(TestKey.INSTANCE.publicKey()), outcome);
    String compact = OutcomeStatement.assemble(input, TestKey.INSTANCE.sign(input)).compact();
    SignedJWT statement = SignedJWT.parse(compact);

    assertThat(statement.verify(new ECDSAVerifier(statement.getHeader().getJWK().toECKey())))
        .isTrue();
    assertThat(statement.getHeader().getJWK().computeThumbprint().decode())
        .isEqualTo(TestKey.INSTANCE.kid().bytes());
    assertThat(statement.getJWTClaimsSet().getStringClaim("state")).isEqualTo("ok");
  }

  /** RFC 7638 section 3: the required members in lexicographic order, no white space. */
  @Test
  void thumbprint_isThatOfTheCanonicalJwk() {
    ECKey jwk = new ECKey.Builder(Curve.P_256, TestKey.ISSUER.publicKey()).build();
    String canonical =
        "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""
            + jwk.getX()
            + "\",\"y\":\""
            + jwk.getY()
            + "\"}";

    assertThat(JwkThumbprint.of(TestKey.ISSUER.publicKey()))
        .isEqualTo(Hash.sha256(canonical.getBytes(StandardCharsets.UTF_8)));
  }
}
