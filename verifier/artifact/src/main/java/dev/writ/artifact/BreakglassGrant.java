// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What lets somebody break the glass once, signed beforehand and kept in a safe. It begins nothing by
 * itself: whoever uses it signs a {@link GovernanceOrder} that names it, and it is judged by the policy and
 * the trust file of that moment.
 *
 * @param issuer whose service it is for
 * @param nonce 32 random bytes, so that no two grants are one
 * @param reason what it is for, as its signers read it
 * @param ttl how long it lasts once it is used; whole seconds, the policy may allow less
 * @param notBefore first moment at which it can be used, whole seconds
 * @param notAfter first moment at which it cannot any more, whole seconds
 * @param signatures over {@link #signingInput}; one of each key
 */
public record BreakglassGrant(
    String issuer,
    Hash nonce,
    String reason,
    Duration ttl,
    Instant notBefore,
    Instant notAfter,
    List<OperatorSignature> signatures) {
  /** Longest grant, in bytes: it stands in a leaf, whole. */
  public static final int MAX_BYTES = 12 * 1024;

  /** For how long a grant can be kept. */
  public static final Duration MAX_VALIDITY = Duration.ofDays(400);

  /** Longest that any lasts, as a policy can say it. */
  public static final Duration MAX_TTL = Duration.ofDays(1);

  /** Longest reason, in characters. */
  public static final int MAX_REASON = 512;

  private static final int MAX_SIGNATURES = 32;

  private static final byte[] SIGNING_LABEL =
      "writ-breakglass-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * The grant as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or a key signed twice
   */
  public BreakglassGrant {
    Require.visible("issuer", issuer, 256);
    Require.text("reason", reason, MAX_REASON);
    Require.wholeSeconds("ttl_s", ttl, 1, MAX_TTL.toSeconds());
    Require.wholeSecond("not_before", notBefore);
    Require.wholeSecond("not_after", notAfter);
    if (!notAfter.isAfter(notBefore) || notAfter.isAfter(notBefore.plus(MAX_VALIDITY))) {
      throw new InvalidValueException(
          "not_after",
          "after not_before " + notBefore + " by at most " + MAX_VALIDITY.toDays() + " days",
          notAfter.toString());
    }
    signatures = Require.sized("signatures", signatures, 0, MAX_SIGNATURES);
    List<Hash> unused =
        Require.distinct(
            "signatures",
            signatures.stream().map(OperatorSignature::kid).toList(),
            0,
            MAX_SIGNATURES);
  }

  /** The grant that {@code json} spells, which must be its one spelling, {@link #toJson}. */
  public static BreakglassGrant parse(byte[] json) throws MalformedGrantException {
    try {
      BreakglassGrant grant = take(StrictJson.parse(json, MAX_BYTES));
      if (!Arrays.equals(json, grant.toJson())) {
        throw new MalformedGrantException("", "canonical JSON (RFC 8785)", "another spelling");
      }
      return grant;
    } catch (MalformedJsonException e) {
      throw new MalformedGrantException(e);
    } catch (InvalidValueException e) {
      throw new MalformedGrantException(e);
    }
  }

  static BreakglassGrant take(JsonMembers json) throws MalformedJsonException {
    json.version();
    List<OperatorSignature> signatures = new ArrayList<>();
    for (JsonMembers each : json.objects("signatures", MAX_SIGNATURES)) {
      signatures.add(OperatorSignature.take(each));
    }
    BreakglassGrant grant =
        new BreakglassGrant(
            json.text("issuer"),
            json.hash("nonce"),
            json.text("reason"),
            Duration.ofSeconds(json.integer("ttl_s", 1, MAX_TTL.toSeconds())),
            json.seconds("not_before"),
            json.seconds("not_after"),
            signatures);
    json.end();
    return grant;
  }

  /** The same with one more signature. */
  public BreakglassGrant with(OperatorSignature signature) {
    List<OperatorSignature> all = new ArrayList<>(signatures);
    all.add(signature);
    return new BreakglassGrant(issuer, nonce, reason, ttl, notBefore, notAfter, all);
  }

  /** Its one spelling: JCS. */
  public byte[] toJson() {
    byte[] json = Jcs.canonical(toMap());
    Require.between("grant length", json.length, 1, MAX_BYTES);
    return json;
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = terms();
    map.put("signatures", signatures.stream().map(OperatorSignature::toMap).toList());
    return map;
  }

  private Map<String, Object> terms() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("issuer", issuer);
    map.put("nonce", nonce);
    map.put("reason", reason);
    map.put("ttl_s", ttl.toSeconds());
    map.put("not_before", notBefore.getEpochSecond());
    map.put("not_after", notAfter.getEpochSecond());
    return map;
  }

  /** What approvers sign: {@code writ-breakglass-v1 ‖ 0x00 ‖ JCS} of all but the signatures. */
  public byte[] signingInput() {
    return GovernanceOrder.labelled(SIGNING_LABEL, terms());
  }

  /** SHA-256 of {@link #signingInput}: its name, whoever signed it. */
  public Hash digest() {
    return Hash.sha256(signingInput());
  }

  /** Those of {@code keys} whose signature is there and holds. */
  public Set<Hash> signers(List<VerificationKey> keys) {
    byte[] input = signingInput();
    Set<Hash> signers = new LinkedHashSet<>();
    for (VerificationKey key : keys) {
      KeyQuorum alone = new KeyQuorum(1, List.of(key));
      if (signatures.stream().anyMatch(each -> each.verifies(alone, input))) {
        signers.add(key.kid());
      }
    }
    return signers;
  }
}
