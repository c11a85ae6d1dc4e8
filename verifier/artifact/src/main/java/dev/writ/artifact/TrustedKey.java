// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.LogPolicy;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A key that a verifier believes in one role, for a time.
 *
 * @param key the key
 * @param role any but {@link KeyRole#TLS}, whose keys are pinned. A key of the role {@link
 *     KeyRole#CHECKPOINT} is a log's of the log policy, and is believed as such only within this window;
 *     compromised, it is none any more
 * @param nbf from when
 * @param exp until before when
 * @param state where it is in its life
 * @param compromisedFrom of a compromised issuer key, the ledger's index from which on artifacts are
 *     believed no more: those decided in leaves before it were in the ledger before the key was anybody
 *     else's. Absent, nothing that the key signed is believed
 */
public record TrustedKey(
    VerificationKey key,
    KeyRole role,
    Instant nbf,
    Instant exp,
    KeyState state,
    OptionalLong compromisedFrom) {
  /** A key of which no artifact outlives a compromise. */
  public TrustedKey(VerificationKey key, KeyRole role, Instant nbf, Instant exp, KeyState state) {
    this(key, role, nbf, exp, state, OptionalLong.empty());
  }

  /**
   * The key as given.
   *
   * @throws IllegalArgumentException if the role has no place among the JWKs, the window is empty, or a
   *     key that is no compromised issuer's has {@code compromisedFrom}
   */
  public TrustedKey {
    if (role == KeyRole.TLS) {
      throw new InvalidValueException(
          "jwks.keys.role", "another than tls: tls pins these keys", role.wire());
    }
    Require.wholeSecond("jwks.keys.nbf", nbf);
    Require.wholeSecond("jwks.keys.exp", exp);
    if (!exp.isAfter(nbf)) {
      throw new InvalidValueException("jwks.keys.exp", "after nbf " + nbf, exp.toString());
    }
    if (compromisedFrom.isPresent()) {
      Require.between(
          "jwks.keys.compromised_from", compromisedFrom.getAsLong(), 0, Require.MAX_EXACT);
      if (state != KeyState.COMPROMISED || role != KeyRole.ISSUER) {
        throw new InvalidValueException(
            "jwks.keys.compromised_from",
            "absent but of a compromised issuer key",
            role.wire() + ", " + state.wire());
      }
    }
  }

  /**
   * Whether an artifact that it signed and the ledger holds at {@code index} is believed, whatever the
   * window says. That the ledger does is to be proven besides.
   */
  boolean believedAt(long index) {
    return state != KeyState.COMPROMISED
        || (compromisedFrom.isPresent() && index < compromisedFrom.getAsLong());
  }

  /** Whether it is the key of a log in the log policy. */
  boolean isOf(LogPolicy.Log log) {
    return Arrays.equals(key.key().getEncoded(), log.key().publicKey());
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
    compromisedFrom.ifPresent(index -> map.put("compromised_from", index));
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
            json.oneOf("state", KeyState.values()),
            json.has("compromised_from")
                ? OptionalLong.of(json.integer("compromised_from", 0, Require.MAX_EXACT))
                : OptionalLong.empty());
    json.end();
    return trusted;
  }
}
