// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Jcs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An identity provider whose keys are in a file, and whose tokens outlast a measurement. */
final class TokenProvider {
  private static final String NAME = "load";
  private static final String ISSUER = "https://idp.example";
  private static final String AUDIENCE = "writ";
  private static final Duration LIFETIME = Duration.ofDays(1);
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final SigningKey key;
  private final Path keys;

  private TokenProvider(SigningKey key, Path keys) {
    this.key = key;
    this.keys = keys;
  }

  /** One whose public key is in {@code folder}. */
  static TokenProvider in(Path folder) throws IOException, GeneralSecurityException {
    SigningKey key = SigningKey.generate();
    Map<String, Object> jwk = new LinkedHashMap<>(key.publicKey().toMap());
    jwk.put("kid", key.name());
    Path keys = folder.resolve("idp-jwks.json");
    return new TokenProvider(key, Files.write(keys, Jcs.canonical(Map.of("keys", List.of(jwk)))));
  }

  /** What a service is configured with to believe it. */
  String configuration() {
    return """
        initiators:
          oidc:
            - name: %s
              issuer: "%s"
              audience: %s
              jwks_file: "%s"
              max_age_s: %d
        """
        .formatted(NAME, ISSUER, AUDIENCE, keys, LIFETIME.toSeconds());
  }

  /** A token of {@code subject}'s, JWS compact, good from now on. */
  String token(String subject) throws GeneralSecurityException {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims =
        Map.of(
            "iss", ISSUER,
            "aud", AUDIENCE,
            "sub", subject,
            "iat", now,
            "exp", now + LIFETIME.toSeconds());
    String input =
        encoded(Map.of("alg", "ES256", "kid", key.name(), "typ", "JWT")) + "." + encoded(claims);
    byte[] signature = key.signP1363(input.getBytes(StandardCharsets.US_ASCII));
    return input + "." + BASE64URL.encodeToString(signature);
  }

  private static String encoded(Map<String, Object> json) {
    return BASE64URL.encodeToString(Jcs.canonical(json));
  }
}
