// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;

/** An identity provider, as far as a service that has its key in a file can tell. */
final class ProviderKey {
  private final KeyPair pair;

  private ProviderKey(KeyPair pair) {
    this.pair = pair;
  }

  static ProviderKey create() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return new ProviderKey(generator.generateKeyPair());
  }

  /** The section {@code initiators} of a service that believes it, its key written beside. */
  String section(Path folder) throws IOException {
    ECPublicKey key = (ECPublicKey) pair.getPublic();
    Path file =
        Files.writeString(
            folder.resolve("provider.jwks"),
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\""
                + coordinate(key.getW().getAffineX())
                + "\",\"y\":\""
                + coordinate(key.getW().getAffineY())
                + "\"}]}");
    return """
        initiators:
          oidc:
            - name: corp
              issuer: https://idp.example
              audience: writ
              jwks_file: %s
        """
        .formatted(file);
  }

  private static String coordinate(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return base64Url(fixed);
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A file with a token of somebody. */
  Path token(Path folder, String subject) throws IOException, GeneralSecurityException {
    long now = Instant.now().getEpochSecond();
    String header = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
    String claims =
        "{\"iss\":\"https://idp.example\",\"aud\":\"writ\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
            .formatted(subject, now, now + 300);
    String signed =
        base64Url(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + base64Url(claims.getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(pair.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return Files.writeString(
        folder.resolve(subject + ".token"), signed + "." + base64Url(signature.sign()));
  }
}
