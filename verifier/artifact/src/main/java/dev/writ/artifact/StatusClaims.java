// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a status token says.
 *
 * @param listUri which list ({@code sub}): the {@code uri} of the artifacts that it speaks of
 * @param iat when it was made
 * @param exp from when it says nothing more: {@code iat} and the trust file's {@code max_age_s}
 * @param ttl after how long the next should be fetched; it denies nothing
 * @param list the bits
 * @param writ what was in force
 */
public record StatusClaims(
    String listUri,
    Instant iat,
    Instant exp,
    Duration ttl,
    StatusList list,
    StatusGovernance writ) {
  /** Longest {@code ttl}. */
  public static final Duration MAX_TTL = Duration.ofSeconds(60);

  /** Longest claims set accepted, in bytes of JSON. */
  static final int MAX_BYTES = 32 * 1024;

  /**
   * The claims as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public StatusClaims {
    Require.httpUri("sub", listUri);
    Require.wholeSecond("iat", iat);
    Require.wholeSecond("exp", exp);
    long lifetime = exp.getEpochSecond() - iat.getEpochSecond();
    if (lifetime < 1 || lifetime > TrustContent.StatusSource.MAX_AGE_SECONDS) {
      throw new InvalidValueException(
          "exp",
          "1 to " + TrustContent.StatusSource.MAX_AGE_SECONDS + " seconds after iat",
          lifetime + " seconds");
    }
    Require.wholeSeconds("ttl", ttl, 1, MAX_TTL.toSeconds());
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("sub", listUri);
    map.put("iat", iat.getEpochSecond());
    map.put("exp", exp.getEpochSecond());
    map.put("ttl", ttl.toSeconds());
    map.put("status_list", list.toMap());
    map.put("writ", writ.toMap());
    return map;
  }

  static StatusClaims parse(byte[] json) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(json, MAX_BYTES);
    StatusClaims claims =
        new StatusClaims(
            members.text("sub"),
            members.seconds("iat"),
            members.seconds("exp"),
            Duration.ofSeconds(members.integer("ttl", 1, MAX_TTL.toSeconds())),
            StatusList.take(members.object("status_list")),
            StatusGovernance.take(members.object("writ")));
    members.end();
    return claims;
  }
}
