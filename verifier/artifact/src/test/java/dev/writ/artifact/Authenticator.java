// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An operator's security key and the client before it: W3C WebAuthn level 2, sections 5.8.1 (client
 * data), 6.1 (authenticator data) and 6.3.3 (assertion). A knob for each part that a forger could turn;
 * whatever is turned before the signature, the key signs it.
 */
final class Authenticator {
  /** Bits 0 and 2: a person was present, and was verified. */
  private static final byte PRESENT_AND_VERIFIED = 0b101;

  private final TestKey key;
  private byte flags = PRESENT_AND_VERIFIED;
  private UnaryOperator<String> clientData = UnaryOperator.identity();
  private UnaryOperator<String> afterSigning = UnaryOperator.identity();

  private Authenticator(TestKey key) {
    this.key = key;
  }

  static Authenticator of(TestKey key) {
    return new Authenticator(key);
  }

  @CanIgnoreReturnValue
  Authenticator flags(int value) {
    flags = (byte) value;
    return this;
  }

  /** Text of the client data, before it is signed. */
  @CanIgnoreReturnValue
  Authenticator clientData(UnaryOperator<String> change) {
    clientData = change;
    return this;
  }

  /** Text of the client data, after it was signed. */
  @CanIgnoreReturnValue
  Authenticator afterSigning(UnaryOperator<String> change) {
    afterSigning = change;
    return this;
  }

  OperatorSignature sign(byte[] input) {
    String collected =
        clientData.apply(
            "{\"type\":\"webauthn.get\",\"challenge\":\""
                + Base64Url.encode(Hash.sha256(input).bytes())
                + "\",\"origin\":\"https://keys.writ.example\",\"crossOrigin\":false}");
    byte[] authenticatorData =
        ByteBuffer.allocate(37)
            .put(Hash.sha256(utf8("keys.writ.example")).bytes())
            .put(flags)
            .putInt(4711)
            .array();
    byte[] signed =
        ByteBuffer.allocate(37 + Hash.BYTES)
            .put(authenticatorData)
            .put(Hash.sha256(utf8(collected)).bytes())
            .array();
    return new OperatorSignature(
        key.kid(),
        key.sign(signed),
        Optional.of(new WebAuthnAssertion(authenticatorData, utf8(afterSigning.apply(collected)))));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
