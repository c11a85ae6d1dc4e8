// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * What an identity provider says of whoever sets a request in motion: a JWT (RFC 7519) in compact
 * serialization, of which nothing is believed yet. It is a credential: neither its {@link #toString} nor
 * a message shows it.
 *
 * @param compact as it is sent
 */
public record InitiatorToken(String compact) {
  /** Longest token, in characters. */
  public static final int MAX_LENGTH = 8_192;

  /** Shortest text that could be one. */
  private static final int MIN_LENGTH = 5;

  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_.-]+");

  /**
   * The token as given.
   *
   * @throws IllegalArgumentException if it has no form that a compact JWS can have
   */
  public InitiatorToken {
    if (compact.length() < MIN_LENGTH
        || compact.length() > MAX_LENGTH
        || !FORM.matcher(compact).matches()) {
      throw new IllegalArgumentException(
          "initiator_token must be a compact JWT of "
              + MIN_LENGTH
              + " to "
              + MAX_LENGTH
              + " characters of A-Z a-z 0-9 - _ ., was another text of "
              + compact.length());
    }
  }

  /**
   * SHA-256 of the ASCII of its header, a dot and its payload: what is kept of it. The signature is left
   * out, since whoever has one of ECDSA can write it in another way.
   */
  public Hash digest() {
    int end = compact.lastIndexOf('.');
    return Hash.sha256(
        compact.substring(0, end < 0 ? compact.length() : end).getBytes(StandardCharsets.US_ASCII));
  }

  /** The {@code nonce} of a token that is good for this request alone: its digest, in base64url. */
  public static String nonceFor(ExecutionRequest request) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(request.digest().bytes());
  }

  @Override
  public String toString() {
    return "InitiatorToken[" + compact.length() + " characters]";
  }
}
