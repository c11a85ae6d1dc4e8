// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * For what a use of an artifact is wanted, and by which key the answer is known again.
 *
 * @param jti the artifact
 * @param artifactDigest {@link Artifact#digest()} of it
 * @param key 32 random bytes of the asker's: asked again with the same, it is the same use
 * @param action what is about to happen
 * @param at when it was asked, by the asker's clock, to the millisecond
 * @param possession the holder's proof for {@link Presentation.Audience.ServiceJudged}, where another
 *     than the holder asks
 */
public record RedemptionClaims(
    UuidV7 jti,
    Hash artifactDigest,
    Hash key,
    ActionAtHand action,
    Instant at,
    Optional<Possession> possession) {
  /** Longest claims set accepted, in bytes of JSON. */
  static final int MAX_BYTES = 16 * 1024;

  /**
   * The claims as given.
   *
   * @throws IllegalArgumentException if {@code at} is finer than milliseconds
   */
  public RedemptionClaims {
    Require.wholeMillisecond("at", at);
  }

  /**
   * What the ledger has of the question. The asker's key is the salt, so that who asked knows his own
   * question in a leaf, and nobody guesses another's.
   *
   * @param askedBy thumbprint of the key that signs the statement
   */
  public Commitment asked(Hash askedBy) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("artifact_digest", artifactDigest);
    map.put("by", Base64Url.encode(askedBy.bytes()));
    map.put("act", act());
    return Commitment.of(key.bytes(), Jcs.canonical(map));
  }

  private Map<String, Object> act() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("action", action.action());
    map.put("resource", action.resource());
    map.put("args_digest", action.argsDigest());
    map.put("amounts", action.amounts());
    return map;
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("jti", jti.toString());
    map.put("artifact_digest", artifactDigest);
    map.put("key", Base64Url.encode(key.bytes()));
    map.put("act", act());
    map.put("at", at.toEpochMilli());
    possession.ifPresent(proof -> map.put("possession", proof.toMap()));
    return map;
  }

  static RedemptionClaims parse(byte[] json) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(json, MAX_BYTES);
    members.version();
    Optional<JsonMembers> possession = members.optionalObject("possession");
    RedemptionClaims claims =
        new RedemptionClaims(
            members.uuid("jti"),
            members.hash("artifact_digest"),
            Hash.of(members.base64Url("key", Hash.BYTES)),
            action(members.object("act")),
            members.millis("at"),
            possession.isPresent()
                ? Optional.of(Possession.take(possession.get()))
                : Optional.empty());
    members.end();
    return claims;
  }

  private static ActionAtHand action(JsonMembers json) throws MalformedJsonException {
    ActionAtHand action =
        new ActionAtHand(
            json.text("action"),
            json.text("resource"),
            json.hash("args_digest"),
            json.object("amounts").allIntegers(Act.MAX_LIMITS));
    json.end();
    return action;
  }
}
