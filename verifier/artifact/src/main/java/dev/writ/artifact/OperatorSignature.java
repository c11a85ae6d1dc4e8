// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An operator's signature over bytes that the reader knows: a trust file's {@link
 * TrustContent#signingInput} or an operation's {@link Operation#signingInput}.
 *
 * @param kid RFC 7638 thumbprint of the operator's key
 * @param signature ES256, r ‖ s, 64 bytes
 * @param assertion where the key is an authenticator's: what it signed instead, which names the bytes
 */
public record OperatorSignature(Hash kid, byte[] signature, Optional<WebAuthnAssertion> assertion) {
  /**
   * The signature as given.
   *
   * @throws IllegalArgumentException if it is not of 64 bytes
   */
  public OperatorSignature {
    Require.between("sig length", signature.length, 64, 64);
    signature = signature.clone();
  }

  /** A signature over the bytes themselves. */
  public OperatorSignature(Hash kid, byte[] signature) {
    this(kid, signature, Optional.empty());
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /** Whether it is one of {@code operators}' over {@code input}. */
  public boolean verifies(KeyQuorum operators, byte[] input) {
    Optional<VerificationKey> operator = operators.key(kid);
    if (operator.isEmpty()) {
      return false;
    }
    byte[] signed = input;
    if (assertion.isPresent()) {
      if (!assertion.get().answers(input)) {
        return false;
      }
      signed = assertion.get().signedBytes();
    }
    return P256Verifier.of(operator.get().key()).verifyP1363(signed, signature);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kid", Base64Url.encode(kid.bytes()));
    map.put("sig", Base64Url.encode(signature));
    assertion.ifPresent(
        made -> {
          map.put("authenticator_data", Base64Url.encode(made.authenticatorData()));
          map.put("client_data", Base64Url.encode(made.clientData()));
        });
    return map;
  }

  static OperatorSignature take(JsonMembers json) throws MalformedJsonException {
    Hash kid = json.thumbprint("kid");
    byte[] signature = json.base64Url("sig", CompactJws.SIGNATURE_BYTES);
    Optional<WebAuthnAssertion> assertion =
        json.has("authenticator_data")
            ? Optional.of(
                new WebAuthnAssertion(
                    json.base64UrlUpTo("authenticator_data", WebAuthnAssertion.MAX_BYTES),
                    json.base64UrlUpTo("client_data", WebAuthnAssertion.MAX_BYTES)))
            : Optional.empty();
    json.end();
    return new OperatorSignature(kid, signature, assertion);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OperatorSignature that
        && kid.equals(that.kid)
        && Arrays.equals(signature, that.signature)
        && assertion.equals(that.assertion);
  }

  @Override
  public int hashCode() {
    return kid.hashCode();
  }

  @Override
  public String toString() {
    return "signature of operator " + Base64Url.encode(kid.bytes());
  }
}
