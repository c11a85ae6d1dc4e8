// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an outcome statement says.
 *
 * @param jti the artifact under which the execution ran
 * @param artifactDigest {@link Artifact#digest()} of that artifact
 * @param state how it ended
 * @param at when, by the reporter's clock, to the millisecond
 */
public record OutcomeClaims(UuidV7 jti, Hash artifactDigest, OutcomeState state, Instant at) {
  /** Longest claims set accepted, in bytes of JSON. */
  static final int MAX_BYTES = 1024;

  /**
   * The claims as given.
   *
   * @throws IllegalArgumentException if {@code at} is finer than milliseconds
   */
  public OutcomeClaims {
    Require.wholeMillisecond("at", at);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("jti", jti.toString());
    map.put("artifact_digest", artifactDigest);
    map.put("state", state.wire());
    map.put("at", at.toEpochMilli());
    return map;
  }

  static OutcomeClaims parse(byte[] json) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(json, MAX_BYTES);
    members.version();
    OutcomeClaims claims =
        new OutcomeClaims(
            members.uuid("jti"),
            members.hash("artifact_digest"),
            members.oneOf("state", OutcomeState.values()),
            members.millis("at"));
    members.end();
    return claims;
  }
}
