// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * A key as it may lie in a file: only the TPM that made it can open it, under the same storage root
 * key. It is no secret, but whoever holds it and may use this TPM can sign with it.
 *
 * @param publicArea its TPMT_PUBLIC
 * @param wrappedPrivate the content of its TPM2B_PRIVATE, encrypted by the TPM
 */
public record WrappedKey(byte[] publicArea, byte[] wrappedPrivate) {
  /** More than this {@link #encode()} never gives: two fields, each after its length as u16. */
  public static final int MAX_BYTES = 2 * (Short.BYTES + 0xffff);

  /** TPM2B_PUBLIC, then TPM2B_PRIVATE. */
  public byte[] encode() {
    return new Template.Wire().sized(publicArea).sized(wrappedPrivate).bytes();
  }

  /**
   * The reverse of {@link #encode()}.
   *
   * @throws TpmException if the bytes are not exactly two sized fields
   */
  public static WrappedKey parse(byte[] encoded) throws TpmException {
    ByteBuffer wire = ByteBuffer.wrap(encoded);
    try {
      WrappedKey key = new WrappedKey(field(wire), field(wire));
      if (wire.hasRemaining()) {
        throw malformed(encoded.length);
      }
      return key;
    } catch (BufferUnderflowException e) {
      throw malformed(encoded.length);
    }
  }

  private static byte[] field(ByteBuffer wire) {
    int length = Short.toUnsignedInt(wire.getShort());
    if (length > wire.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] field = new byte[length];
    wire.get(field);
    return field;
  }

  private static TpmException malformed(int length) {
    return TpmException.content(
        "a wrapped key must be a TPM2B_PUBLIC and a TPM2B_PRIVATE, was "
            + length
            + " bytes of something else: remove the file, and a new key is made");
  }

  @Override
  public String toString() {
    return "WrappedKey[" + publicArea.length + " + " + wrappedPrivate.length + " bytes]";
  }
}
