// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The artifact of docs/FORMATS.md with other claims; nobody signed it. */
final class SampleArtifact {
  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();
  private static final Map<String, Object> EXAMPLE = example();

  private final Map<String, Object> claims = copy(EXAMPLE);

  @CanIgnoreReturnValue
  SampleArtifact jti(UuidV7 jti) {
    claims.put("jti", jti.toString());
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact policy(Hash digest, long epoch) {
    member("policy").put("digest", digest.hex());
    member("policy").put("epoch", epoch);
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact subject(String sub) {
    claims.put("sub", sub);
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact lineage(UuidV7 execution, UuidV7 parent, UuidV7 root, long depth) {
    Map<String, Object> lineage = member("lineage");
    lineage.put("execution", execution.toString());
    lineage.put("parent", parent.toString());
    lineage.put("root", root.toString());
    lineage.put("depth", depth);
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact execution(UuidV7 execution) {
    member("lineage").put("execution", execution.toString());
    member("lineage").put("root", execution.toString());
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact with(String member, Object value) {
    claims.put(member, value);
    return this;
  }

  @CanIgnoreReturnValue
  SampleArtifact with(String outer, String inner, Object value) {
    member(outer).put(inner, value);
    return this;
  }

  Artifact build() {
    String header =
        "{\"alg\":\"ES256\",\"kid\":\"HeETndUVMo3WIGLcTlzmmP677gFnVln9TtAPELgGMSc\",\"typ\":\"authz-artifact+jwt\"}";
    try {
      return Artifact.parse(
          BASE64_URL.encodeToString(header.getBytes(StandardCharsets.US_ASCII))
              + "."
              + BASE64_URL.encodeToString(Jcs.canonical(claims))
              + "."
              + BASE64_URL.encodeToString(new byte[64]));
    } catch (MalformedArtifactException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> member(String name) {
    return (Map<String, Object>) Objects.requireNonNull(claims.get(name));
  }

  private static Map<String, Object> copy(Map<String, Object> claims) {
    return parse(new String(Jcs.canonical(claims), StandardCharsets.UTF_8));
  }

  private static Map<String, Object> example() {
    try {
      String page = Files.readString(Path.of("../../docs/FORMATS.md"));
      String after = page.substring(page.indexOf("<!-- worked-example/claims.json -->"));
      return parse(after.lines().skip(2).findFirst().orElseThrow());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Object> parse(String json) {
    try {
      return new ObjectMapper()
          .readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {});
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
