// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one operator or approver says of the mode of a service: that it is frozen, that a grant of
 * break-glass is used or its use ended, that the use was reviewed. Each is said once.
 *
 * @param issuer whose service it is for
 * @param kind what is said
 * @param grant {@link BreakglassGrant#digest}; absent exactly in a freeze
 * @param overFreeze of a use: the leaf of the freeze that it overrides, so that nobody does so unawares
 * @param text why, or what the review found
 * @param given when, whole seconds
 * @param nonce 32 random bytes, so that no two orders are one
 * @param signature over {@link #signingInput}
 */
public record GovernanceOrder(
    String issuer,
    Kind kind,
    Optional<Hash> grant,
    OptionalLong overFreeze,
    String text,
    Instant given,
    Hash nonce,
    OperatorSignature signature) {
  /** What is said. */
  public enum Kind implements Wire {
    /** Rules see the mode FROZEN from here on. */
    FREEZE("freeze"),
    /** A grant is used: rules see the mode BREAKGLASS until it ends. */
    USE("breakglass.use"),
    /** What a grant began ends before its time. */
    END("breakglass.end"),
    /** Somebody who did not use it looked at what was done. */
    REVIEW("breakglass.review");

    private final String wire;

    Kind(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /** Longest order, in bytes: an assertion in base64url beside the text. */
  public static final int MAX_BYTES = 6 * 1024;

  /** Longest text, in characters. */
  public static final int MAX_TEXT = 512;

  private static final byte[] SIGNING_LABEL =
      "writ-governance-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * The order as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public GovernanceOrder {
    require(kind, grant, overFreeze);
    Require.visible("issuer", issuer, 256);
    Require.text("text", text, MAX_TEXT);
    Require.wholeSecond("given", given);
  }

  private static void require(Kind kind, Optional<Hash> grant, OptionalLong overFreeze) {
    if (grant.isPresent() == (kind == Kind.FREEZE)) {
      throw new InvalidValueException("grant", "absent exactly in a freeze", kind.wire());
    }
    if (overFreeze.isPresent()) {
      Require.between("over_freeze", overFreeze.getAsLong(), 0, Require.MAX_EXACT);
      if (kind != Kind.USE) {
        throw new InvalidValueException("over_freeze", "absent but of a use", kind.wire());
      }
    }
  }

  /**
   * What is to be signed.
   *
   * @param issuer as above, and so the others
   */
  public record Unsigned(
      String issuer,
      Kind kind,
      Optional<Hash> grant,
      OptionalLong overFreeze,
      String text,
      Instant given,
      Hash nonce) {
    /** What its signer signs. */
    public byte[] signingInput() {
      return labelled(SIGNING_LABEL, toMap());
    }

    /** With the signature. */
    public GovernanceOrder signed(OperatorSignature signature) {
      return new GovernanceOrder(issuer, kind, grant, overFreeze, text, given, nonce, signature);
    }

    private Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("v", 1);
      map.put("issuer", issuer);
      map.put("kind", kind.wire());
      grant.ifPresent(digest -> map.put("grant", digest));
      overFreeze.ifPresent(index -> map.put("over_freeze", index));
      map.put("text", text);
      map.put("given", given.getEpochSecond());
      map.put("nonce", nonce);
      return map;
    }
  }

  private Unsigned unsigned() {
    return new Unsigned(issuer, kind, grant, overFreeze, text, given, nonce);
  }

  /** What was signed: {@code writ-governance-v1 ‖ 0x00 ‖ JCS} of all but the signature. */
  public byte[] signingInput() {
    return unsigned().signingInput();
  }

  static byte[] labelled(byte[] label, Map<String, Object> members) {
    byte[] json = Jcs.canonical(members);
    byte[] input = Arrays.copyOf(label, label.length + json.length);
    System.arraycopy(json, 0, input, label.length, json.length);
    return input;
  }

  /** SHA-256 of {@link #signingInput}: its name. */
  public Hash digest() {
    return Hash.sha256(signingInput());
  }

  /** RFC 7638 thumbprint of the signer's key. */
  public Hash signer() {
    return signature.kid();
  }

  /** The order that {@code json} spells, which must be its one spelling, {@link #toJson}. */
  public static GovernanceOrder parse(byte[] json) throws MalformedOrderException {
    try {
      GovernanceOrder order = take(StrictJson.parse(json, MAX_BYTES));
      if (!Arrays.equals(json, order.toJson())) {
        throw new MalformedOrderException("", "canonical JSON (RFC 8785)", "another spelling");
      }
      return order;
    } catch (MalformedJsonException e) {
      throw new MalformedOrderException(e);
    } catch (InvalidValueException e) {
      throw new MalformedOrderException(e);
    }
  }

  static GovernanceOrder take(JsonMembers json) throws MalformedJsonException {
    json.version();
    GovernanceOrder order =
        new GovernanceOrder(
            json.text("issuer"),
            json.oneOf("kind", Kind.values()),
            json.optionalHash("grant"),
            json.has("over_freeze")
                ? OptionalLong.of(json.integer("over_freeze", 0, Require.MAX_EXACT))
                : OptionalLong.empty(),
            json.text("text"),
            json.seconds("given"),
            json.hash("nonce"),
            OperatorSignature.take(json.object("signature")));
    json.end();
    return order;
  }

  /** Its one spelling: JCS. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = unsigned().toMap();
    map.put("signature", signature.toMap());
    return map;
  }
}
