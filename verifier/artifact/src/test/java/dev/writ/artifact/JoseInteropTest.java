// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Set;
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
