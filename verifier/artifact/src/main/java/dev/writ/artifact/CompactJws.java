// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A JWS in compact serialization before its claims are believed or even read: three parts, each in its
 * one base64url spelling.
 *
 * <p>The header decides nothing but which key is meant. Each format has one spelling of it, and a
 * header that says anything else, or more, such as {@code x5u} or {@code crit}, is refused; the
 * algorithm is ES256 whatever it says.
 */
final class CompactJws {
  static final int SIGNATURE_BYTES = 64;

  private static final String HEADER_START = "{\"alg\":\"ES256\",\"kid\":\"";

  /** Base64url of 32 bytes. */
  private static final int THUMBPRINT_CHARS = 43;

  private static final String HEADER_TYPE = "\",\"typ\":\"";
  private static final String HEADER_END = "\"}";

  private final String compact;
  private final String header;
  private final byte[] signingInput;
  private final byte[] payload;
  private final byte[] signature;
  private final Hash digest;

  private CompactJws(
      String compact, String header, int inputLength, byte[] payload, byte[] signature) {
    this.compact = compact;
    this.header = header;
    this.signingInput = compact.substring(0, inputLength).getBytes(StandardCharsets.US_ASCII);
    this.payload = payload;
    this.signature = signature;
    this.digest = Hash.sha256(signingInput);
  }

  /** What is signed: {@code base64url(header) . base64url(payload)}. */
  static byte[] signingInput(String header, Map<String, ?> payload) {
    return signingInput(header, Jcs.canonical(payload));
  }

  /** What is signed, of a payload that is canonical JSON already. */
  static byte[] signingInput(String header, byte[] payload) {
    return (Base64Url.encode(header.getBytes(StandardCharsets.US_ASCII))
            + "."
            + Base64Url.encode(payload))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** The whole, of what was signed and the signature. */
  static String assemble(byte[] signingInput, byte[] p1363Signature) {
    return new String(signingInput, StandardCharsets.US_ASCII)
        + "."
        + Base64Url.encode(p1363Signature);
  }

  /** The JSON of a header that names the key {@code kid}: exactly {@code alg, kid, typ}. */
  static String header(Hash kid, String type) {
    return HEADER_START + Base64Url.encode(kid.bytes()) + HEADER_TYPE + type + HEADER_END;
  }

  static CompactJws parse(String compact, int maxLength) throws MalformedJwsException {
    if (compact.length() > maxLength) {
      throw new MalformedJwsException(
          "", "at most " + maxLength + " characters", compact.length() + " characters");
    }
    int first = compact.indexOf('.');
    int second = compact.indexOf('.', first + 1);
    if (first < 0 || second < 0 || compact.indexOf('.', second + 1) >= 0) {
      throw new MalformedJwsException("", "three parts joined by dots", "other than three");
    }
    String header =
        new String(decode("header", compact.substring(0, first)), StandardCharsets.ISO_8859_1);
    byte[] payload = decode("payload", compact.substring(first + 1, second));
    byte[] signature = decode("signature", compact.substring(second + 1));
    if (signature.length != SIGNATURE_BYTES) {
      throw new MalformedJwsException(
          "signature", SIGNATURE_BYTES + " bytes", signature.length + " bytes");
    }
    return new CompactJws(compact, header, second, payload, signature);
  }

  private static byte[] decode(String part, String text) throws MalformedJwsException {
    byte[] bytes = Base64Url.decode(text);
    if (bytes == null) {
      throw new MalformedJwsException(
          part, "base64url without padding, unused bits zero", "not that");
    }
    return bytes;
  }

  /** What stands between the fixed parts of a header as {@link #header} makes it. */
  Hash kid(String type) throws MalformedJwsException {
    int end = HEADER_START.length() + THUMBPRINT_CHARS;
    if (header.length() > end && header.startsWith(HEADER_START)) {
      byte[] kid = Base64Url.decode(header.substring(HEADER_START.length(), end));
      if (kid != null && header.equals(header(Hash.of(kid), type))) {
        return Hash.of(kid);
      }
    }
    throw new MalformedJwsException(
        "header",
        HEADER_START + "<thumbprint>" + HEADER_TYPE + type + HEADER_END + " to the byte",
        header);
  }

  String compact() {
    return compact;
  }

  /** The header's JSON, one character to a byte. */
  String header() {
    return header;
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
