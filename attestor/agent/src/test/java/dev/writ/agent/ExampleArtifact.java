// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Environment;
import dev.writ.artifact.HostState;
import dev.writ.artifact.UuidV7;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;

/** The artifact of docs/FORMATS.md, and others that differ from it in little; nobody signed them. */
final class ExampleArtifact {
  private ExampleArtifact() {}

  static ArtifactClaims claims() throws Exception {
    String example =
        Files.readAllLines(Path.of("../../docs/FORMATS.md")).stream()
            .filter(line -> line.startsWith("{\"act\":") && line.contains("\"cnf\""))
            .findFirst()
            .orElseThrow();
    return ArtifactClaims.parse(example.getBytes(StandardCharsets.UTF_8));
  }

  /** The same for a host as it is. */
  static ArtifactClaims on(HostState host, ArtifactClaims claims) {
    return new ArtifactClaims(
        claims.iss(),
        claims.sub(),
        claims.aud(),
        claims.iat(),
        claims.nbf(),
        claims.exp(),
        claims.jti(),
        claims.jkt(),
        claims.tenant(),
        claims.act(),
        new Environment(
            host.akName(),
            host.pcrs(),
            host.pcrDigest(),
            host.resetCount(),
            host.restartCount(),
            Environment.KeyStorage.TPM),
        claims.policy(),
        claims.gov(),
        claims.lineage(),
        claims.status(),
        claims.logOrigin(),
        claims.ear());
  }

  /** Another of the same execution. */
  static ArtifactClaims renewing(ArtifactClaims claims, UuidV7 jti, Instant exp) {
    return new ArtifactClaims(
        claims.iss(),
        claims.sub(),
        claims.aud(),
        claims.iat(),
        claims.nbf(),
        exp,
        jti,
        claims.jkt(),
        claims.tenant(),
        claims.act(),
        claims.env(),
        claims.policy(),
        claims.gov(),
        claims.lineage(),
        claims.status(),
        claims.logOrigin(),
        claims.ear());
  }

  static Artifact of(ArtifactClaims claims) throws Exception {
    String header =
        "{\"alg\":\"ES256\",\"kid\":\"HeETndUVMo3WIGLcTlzmmP677gFnVln9TtAPELgGMSc\","
            + "\"typ\":\"authz-artifact+jwt\"}";
    return Artifact.parse(
        base64Url(header.getBytes(StandardCharsets.US_ASCII))
            + "."
            + base64Url(claims.toJson())
            + "."
            + base64Url(new byte[64]));
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
