// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;

/** Writes TPM wire structures: big-endian, packed. */
final class TpmWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  @CanIgnoreReturnValue
  TpmWriter u8(int value) {
    out.write(value);
    return this;
  }

  @CanIgnoreReturnValue
  TpmWriter u16(int value) {
    return u8(value >>> 8).u8(value);
  }

  @CanIgnoreReturnValue
  TpmWriter u32(long value) {
    return u16((int) (value >>> 16)).u16((int) value);
  }

  @CanIgnoreReturnValue
  TpmWriter u64(long value) {
    return u32(value >>> 32).u32(value);
  }

  @CanIgnoreReturnValue
  TpmWriter alg(TpmAlg alg) {
    return u16(alg.id());
  }

  @CanIgnoreReturnValue
  TpmWriter bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  @CanIgnoreReturnValue
  TpmWriter octets(Octets octets) {
    octets.writeTo(this);
    return this;
  }

  @CanIgnoreReturnValue
  TpmWriter tpm2b(Octets octets) {
    return tpm2b(octets.bytes());
  }

  @CanIgnoreReturnValue
  TpmWriter tpm2b(byte[] bytes) {
    if (bytes.length > 0xffff) {
      throw new IllegalStateException("bug: a TPM2B of " + bytes.length + " bytes");
    }
    return u16(bytes.length).bytes(bytes);
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
