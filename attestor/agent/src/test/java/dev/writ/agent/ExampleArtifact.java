// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Environment;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Lineage;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

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
    return with(
        claims,
        claims.jti(),
        claims.exp(),
        new Environment(
            host.akName(),
            host.pcrs(),
            host.pcrDigest(),
            host.resetCount(),
            host.restartCount(),
            Environment.KeyStorage.TPM),
        claims.lineage());
  }

  /** Another of the same execution. */
  static ArtifactClaims renewing(ArtifactClaims claims, UuidV7 jti, Instant exp) {
    return with(claims, jti, exp, claims.env(), claims.lineage());
  }

  /** The same, asked for under another. */
  static ArtifactClaims under(ArtifactClaims parent, ArtifactClaims claims) {
    Lineage below =
        new Lineage(
            claims.lineage().execution(),
            Optional.of(parent.jti()),
            parent.lineage().root(),
            parent.lineage().depth() + 1);
    return with(claims, claims.jti(), claims.exp(), claims.env(), below);
  }

  /** Of an execution of its own, held by a key. */
  static ArtifactClaims root(ArtifactClaims claims, UuidV7 execution, UuidV7 jti, Hash jkt) {
    return with(claims, jti, claims.exp(), claims.env(), Lineage.rootOf(execution), jkt);
  }

  private static ArtifactClaims with(
      ArtifactClaims claims, UuidV7 jti, Instant exp, Environment env, Lineage lineage) {
    return with(claims, jti, exp, env, lineage, claims.jkt());
  }

  private static ArtifactClaims with(
      ArtifactClaims claims, UuidV7 jti, Instant exp, Environment env, Lineage lineage, Hash jkt) {
    return new ArtifactClaims(
        claims.iss(),
        claims.sub(),
        claims.aud(),
        claims.iat(),
        claims.nbf(),
        exp,
        jti,
        jkt,
        claims.tenant(),
        claims.act(),
        env,
        claims.policy(),
        claims.gov(),
        lineage,
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
