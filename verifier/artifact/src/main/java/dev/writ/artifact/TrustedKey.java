// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A key that a verifier believes in one role, for a time.
 *
 * @param key the key
 * @param role {@link KeyRole#ISSUER} or {@link KeyRole#STATUS}; the checkpoint's key is in the log policy
 * @param nbf from when
 * @param exp until before when
 * @param state where it is in its life
 */
public record TrustedKey(
    VerificationKey key, KeyRole role, Instant nbf, Instant exp, KeyState state) {
  /**
   * The key as given.
   *
   * @throws IllegalArgumentException if the role has no place among the JWKs, or the window is empty
   */
  public TrustedKey {
    if (role == KeyRole.CHECKPOINT) {
      throw new InvalidValueException(
          "jwks.keys.role", "issuer or status: log_policy names the log's key", role.wire());
    }
    Require.wholeSecond("jwks.keys.nbf", nbf);
    Require.wholeSecond("jwks.keys.exp", exp);
    if (!exp.isAfter(nbf)) {
      throw new InvalidValueException("jwks.keys.exp", "after nbf " + nbf, exp.toString());
    }
  }

  /** Whether its window holds {@code time}. */
  public boolean covers(Instant time) {
    return !time.isBefore(nbf) && time.isBefore(exp);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(key.toMap());
    map.put("alg", KeyAlgorithm.ES256.wire());
    map.put("role", role.wire());
    map.put("nbf", nbf.getEpochSecond());
    map.put("exp", exp.getEpochSecond());
    map.put("state", state.wire());
    return map;
  }

  static TrustedKey take(JsonMembers json) throws MalformedJsonException {
    VerificationKey key = VerificationKey.take(json);
    json.constant("alg", KeyAlgorithm.ES256.wire());
    TrustedKey trusted =
        new TrustedKey(
            key,
            json.oneOf("role", KeyRole.values()),
            json.seconds("nbf"),
            json.seconds("exp"),
            json.oneOf("state", KeyState.values()));
    json.end();
    return trusted;
  }
}
