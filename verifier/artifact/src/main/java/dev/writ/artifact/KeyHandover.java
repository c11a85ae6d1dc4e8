// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One key says that another follows it, and the other that it does. It shows that the token held both;
 * it introduces nothing: verifiers believe the trust file alone, so that whoever has the old key has no
 * successor to give.
 *
 * @param issuer whose keys they are
 * @param role of both
 * @param from RFC 7638 thumbprint of the key before
 * @param to the key after
 * @param activates from when the one after signs, whole seconds
 * @param operation {@link Operation#digest} of what operators approved
 */
public record KeyHandover(
    String issuer, KeyRole role, Hash from, VerificationKey to, Instant activates, Hash operation) {
  private static final byte[] SIGNING_LABEL =
      "writ-handover-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * The statement as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public KeyHandover {
    Require.visible("handover.issuer", issuer, 256);
    Require.wholeSecond("handover.activates", activates);
    if (to.kid().equals(from)) {
      throw new InvalidValueException("handover.to", "another key than from", "the same");
    }
  }

  /**
   * It and both signatures, ES256, r ‖ s of 64 bytes.
   *
   * @param byFrom of the key before
   * @param byTo of the key after
   */
  public record Signed(KeyHandover statement, byte[] byFrom, byte[] byTo) {
    /**
     * The signatures as given.
     *
     * @throws IllegalArgumentException if one is not of 64 bytes
     */
    public Signed {
      Require.between("handover.by_from length", byFrom.length, 64, 64);
      Require.between("handover.by_to length", byTo.length, 64, 64);
      byFrom = byFrom.clone();
      byTo = byTo.clone();
    }

    @Override
    public byte[] byFrom() {
      return byFrom.clone();
    }

    @Override
    public byte[] byTo() {
      return byTo.clone();
    }

    /**
     * Whether both keys signed it.
     *
     * @param from the key before
     */
    public boolean holds(ECPublicKey from) {
      byte[] input = statement.signingInput();
      return JwkThumbprint.of(from).equals(statement.from())
          && P256Verifier.of(from).verifyP1363(input, byFrom)
          && P256Verifier.of(statement.to().key()).verifyP1363(input, byTo);
    }

    Map<String, Object> toMap() {
      Map<String, Object> map = statement.toMap();
      map.put("by_from", Base64Url.encode(byFrom));
      map.put("by_to", Base64Url.encode(byTo));
      return map;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Signed that
          && statement.equals(that.statement)
          && Arrays.equals(byFrom, that.byFrom)
          && Arrays.equals(byTo, that.byTo);
    }

    @Override
    public int hashCode() {
      return statement.hashCode();
    }
  }

  /** What both sign: {@code writ-handover-v1 ‖ 0x00 ‖ JCS}. */
  public byte[] signingInput() {
    byte[] json = Jcs.canonical(toMap());
    byte[] input = Arrays.copyOf(SIGNING_LABEL, SIGNING_LABEL.length + json.length);
    System.arraycopy(json, 0, input, SIGNING_LABEL.length, json.length);
    return input;
  }

  private Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("issuer", issuer);
    map.put("role", role.wire());
    map.put("from", Base64Url.encode(from.bytes()));
    map.put("to", to.toMap());
    map.put("activates", activates.getEpochSecond());
    map.put("operation", operation);
    return map;
  }

  static Signed take(JsonMembers json) throws MalformedJsonException {
    String issuer = json.text("issuer");
    KeyRole role = json.oneOf("role", KeyRole.values());
    Hash from = json.thumbprint("from");
    JsonMembers jwk = json.object("to");
    VerificationKey to = VerificationKey.take(jwk);
    jwk.end();
    Signed signed =
        new Signed(
            new KeyHandover(
                issuer, role, from, to, json.seconds("activates"), json.hash("operation")),
            json.base64Url("by_from", CompactJws.SIGNATURE_BYTES),
            json.base64Url("by_to", CompactJws.SIGNATURE_BYTES));
    json.end();
    return signed;
  }
}
