// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What limits for one address count by: an IPv4 address, or the /64 of an IPv6 address, within which a
 * host is free to choose.
 *
 * @param bits those that count
 * @param family length of the whole address
 */
record AddressKey(long bits, int family) {
  static AddressKey of(InetAddress address) {
    byte[] bytes = address.getAddress();
    long bits = 0;
    for (byte b : Arrays.copyOf(bytes, address instanceof Inet6Address ? 8 : 4)) {
      bits = bits << 8 | b & 0xff;
    }
    return new AddressKey(bits, bytes.length);
  }

  /** The bits that count: an IPv4 address, or the first half of an IPv6 address. */
  byte[] bytes() {
    byte[] whole = ByteBuffer.allocate(Long.BYTES).putLong(bits).array();
    return family == Integer.BYTES
        ? Arrays.copyOfRange(whole, Long.BYTES - Integer.BYTES, Long.BYTES)
        : whole;
  }
}
