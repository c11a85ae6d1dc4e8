// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;

/** Writes DER (X.690), as much as a signature and a small certificate take. */
final class Der {
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int UTF8_STRING = 0x0c;
  static final int UTC_TIME = 0x17;
  static final int GENERALIZED_TIME = 0x18;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  private static final int LONGEST = 0xffff;

  private Der() {}

  /**
   * One value.
   *
   * @param tag of one byte
   * @param contents one after the other, 65,535 bytes at most
   */
  static byte[] value(int tag, byte[]... contents) {
    int length = 0;
    for (byte[] part : contents) {
      length += part.length;
    }
    if (length > LONGEST) {
      throw new IllegalStateException("bug: nothing here is as long as " + length + " bytes");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
    out.write(tag);
    if (length > 0xff) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length > 0x7f) {
      out.write(0x81);
    }
    out.write(length);
    for (byte[] part : contents) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] integer(BigInteger number) {
    return value(INTEGER, number.toByteArray());
  }

  /** A BIT STRING of whole bytes. */
  static byte[] bits(byte[] bytes) {
    return value(BIT_STRING, new byte[1], bytes);
  }

  /** ECDSA-Sig-Value (RFC 3279, 2.2.3) of r ‖ s, both of one length. */
  static byte[] ecdsa(byte[] p1363) {
    int middle = p1363.length / 2;
    return value(
        SEQUENCE,
        integer(new BigInteger(1, Arrays.copyOfRange(p1363, 0, middle))),
        integer(new BigInteger(1, Arrays.copyOfRange(p1363, middle, p1363.length))));
  }
}
