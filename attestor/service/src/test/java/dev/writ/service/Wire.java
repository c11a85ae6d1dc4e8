// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Big-endian structures as TPMs write them (TPM 2.0 Part 1, 6). */
final class Wire {
  private final ByteArrayOutputStream content = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(content);

  private interface Write {
    void to(DataOutputStream out) throws IOException;
  }

  private Wire write(Write write) {
    try {
      write.to(out);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @CanIgnoreReturnValue
  Wire u8(int value) {
    return write(to -> to.writeByte(value));
  }

  @CanIgnoreReturnValue
  Wire u16(int value) {
    return write(to -> to.writeShort(value));
  }

  @CanIgnoreReturnValue
  Wire u32(int value) {
    return write(to -> to.writeInt(value));
  }

  @CanIgnoreReturnValue
  Wire u64(long value) {
    return write(to -> to.writeLong(value));
  }

  @CanIgnoreReturnValue
  Wire bytes(byte[] value) {
    return write(to -> to.write(value));
  }

  /** A TPM2B: length, then content. */
  @CanIgnoreReturnValue
  Wire sized(byte[] value) {
    return u16(value.length).bytes(value);
  }

  byte[] toByteArray() {
    return content.toByteArray();
  }
}
