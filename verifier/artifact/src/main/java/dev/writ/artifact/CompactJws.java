// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;

/**
 * An artifact's JWS before its claims are believed or even read: three parts, each in its one
 * base64url spelling, and a header in its one JSON spelling.
 *
 * <p>The header decides nothing. The algorithm is ES256 whatever it says, and a header that says
 * anything else, or more, such as {@code jwk}, {@code x5u} or {@code crit}, is refused.
 */
final class CompactJws {
  static final int SIGNATURE_BYTES = 64;

  private static final String HEADER_START = "{\"alg\":\"ES256\",\"kid\":\"";

  /** Base64url of 32 bytes. */
  private static final int THUMBPRINT_CHARS = 43;

  private static final String HEADER_END = "\",\"typ\":\"" + Artifact.TYPE + "\"}";

  private final String compact;
  private final Hash kid;
  private final byte[] signingInput;
  private final byte[] payload;
  private final byte[] signature;
  private final Hash digest;

  private CompactJws(String compact, Hash kid, int inputLength, byte[] payload, byte[] signature) {
    this.compact = compact;
    this.kid = kid;
    this.signingInput = compact.substring(0, inputLength).getBytes(StandardCharsets.US_ASCII);
    this.payload = payload;
    this.signature = signature;
    this.digest = Hash.sha256(signingInput);
  }

  /** The header of an artifact signed by {@code kid}, in base64url. */
  static String header(Hash kid) {
    return Base64Url.encode(
        (HEADER_START + Base64Url.encode(kid.bytes()) + HEADER_END)
            .getBytes(StandardCharsets.US_ASCII));
  }

  static CompactJws parse(String compact) throws MalformedArtifactException {
    if (compact.length() > Artifact.MAX_LENGTH) {
      throw new MalformedArtifactException(
          "", "at most " + Artifact.MAX_LENGTH + " characters", compact.length() + " characters");
    }
    int first = compact.indexOf('.');
    int second = compact.indexOf('.', first + 1);
    if (first < 0 || second < 0 || compact.indexOf('.', second + 1) >= 0) {
      throw new MalformedArtifactException("", "three parts joined by dots", "other than three");
    }
    Hash kid = kid(compact.substring(0, first));
    byte[] payload = decode("payload", compact.substring(first + 1, second));
    byte[] signature = decode("signature", compact.substring(second + 1));
    if (signature.length != SIGNATURE_BYTES) {
      throw new MalformedArtifactException(
          "signature", SIGNATURE_BYTES + " bytes", signature.length + " bytes");
    }
    return new CompactJws(compact, kid, second, payload, signature);
  }

  /** What stands between the header's two fixed parts, which is all that it can say. */
  private static Hash kid(String header) throws MalformedArtifactException {
    String json = new String(decode("header", header), StandardCharsets.ISO_8859_1);
    int end = HEADER_START.length() + THUMBPRINT_CHARS;
    if (json.length() == end + HEADER_END.length()
        && json.startsWith(HEADER_START)
        && json.endsWith(HEADER_END)) {
      byte[] kid = Base64Url.decode(json.substring(HEADER_START.length(), end));
      if (kid != null) {
        return Hash.of(kid);
      }
    }
    throw new MalformedArtifactException(
        "header", HEADER_START + "<thumbprint>" + HEADER_END + " to the byte", json);
  }

  private static byte[] decode(String part, String text) throws MalformedArtifactException {
    byte[] bytes = Base64Url.decode(text);
    if (bytes == null) {
      throw new MalformedArtifactException(
          part, "base64url without padding, unused bits zero", "not that");
    }
    return bytes;
  }

  String compact() {
    return compact;
  }

  Hash kid() {
    return kid;
  }

  byte[] signingInput() {
    return signingInput;
  }

  byte[] payload() {
    return payload;
  }

  /** r ‖ s. */
  byte[] signature() {
    return signature;
  }

  /** SHA-256 of {@link #signingInput()}. */
  Hash digest() {
    return digest;
  }
}
