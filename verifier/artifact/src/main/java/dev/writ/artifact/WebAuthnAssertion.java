// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a WebAuthn authenticator signs in place of the bytes that it is asked to (W3C WebAuthn level 2,
 * section 7.2): {@code authenticatorData ‖ SHA-256(clientDataJSON)}, where the client data hold a
 * challenge. The challenge is the SHA-256 of the bytes meant.
 *
 * @param authenticatorData 37 bytes or more: SHA-256 of the Relying Party's id, flags, counter
 * @param clientData the client's JSON, as it was signed
 */
public record WebAuthnAssertion(byte[] authenticatorData, byte[] clientData) {
  static final int MAX_BYTES = 1024;

  /** Section 6.1: 32 bytes of hash, one of flags, four of counter. */
  private static final int MIN_AUTHENTICATOR_DATA = 37;

  private static final int FLAGS = 32;

  /** UP, bit 0: a person was there. */
  private static final int USER_PRESENT = 1;

  private static final int MAX_CHALLENGE_CHARS = 64;

  /**
   * The assertion as given.
   *
   * @throws IllegalArgumentException if a length is outside its bounds
   */
  public WebAuthnAssertion {
    Require.between(
        "authenticator_data length", authenticatorData.length, MIN_AUTHENTICATOR_DATA, MAX_BYTES);
    Require.between("client_data length", clientData.length, 1, MAX_BYTES);
    authenticatorData = authenticatorData.clone();
    clientData = clientData.clone();
  }

  @Override
  public byte[] authenticatorData() {
    return authenticatorData.clone();
  }

  @Override
  public byte[] clientData() {
    return clientData.clone();
  }

  /**
   * Whether it is an answer to {@code input}: of type {@code webauthn.get}, with its SHA-256 as the
   * challenge, and a person present. Origin and Relying Party are whichever the operator's key was
   * registered with: the key belongs to this one purpose, since the trust file lists it.
   */
  boolean answers(byte[] input) {
    if ((authenticatorData[FLAGS] & USER_PRESENT) == 0) {
      return false;
    }
    try {
      JsonMembers json = StrictJson.parse(clientData, MAX_BYTES);
      String type = json.text("type");
      String challenge = json.text("challenge");
      return type.equals("webauthn.get")
          && challenge.length() <= MAX_CHALLENGE_CHARS
          && challenge.equals(Base64Url.encode(Hash.sha256(input).bytes()));
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  /** What the signature is over. */
  byte[] signedBytes() {
    byte[] digest = Hash.sha256(clientData).bytes();
    byte[] bytes = Arrays.copyOf(authenticatorData, authenticatorData.length + digest.length);
    System.arraycopy(digest, 0, bytes, authenticatorData.length, digest.length);
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WebAuthnAssertion that
        && Arrays.equals(authenticatorData, that.authenticatorData)
        && Arrays.equals(clientData, that.clientData);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(clientData);
  }

  @Override
  public String toString() {
    return new String(clientData, StandardCharsets.UTF_8).length() + " characters of client data";
  }
}
