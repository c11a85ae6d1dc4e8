// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Where a door may listen. */
final class DoorAddress {
  private DoorAddress() {}

  /** Whoever can read the wire could take artifacts from it: without TLS there must be no wire. */
  static InetSocketAddress loopback(String door, InetSocketAddress address) throws DoorException {
    InetSocketAddress resolved = resolved(address);
    if (!resolved.getAddress().isLoopbackAddress()) {
      throw new DoorException(
          door
              + " must be on a loopback address such as 127.0.0.1, was on "
              + resolved.getAddress().getHostAddress()
              + "; use TLS there");
    }
    return resolved;
  }

  static InetSocketAddress resolved(InetSocketAddress address) throws DoorException {
    try {
      return address.isUnresolved()
          ? new InetSocketAddress(InetAddress.getByName(address.getHostString()), address.getPort())
          : address;
    } catch (UnknownHostException e) {
      throw new DoorException("a door's host must be known, was " + address.getHostString(), e);
    }
  }
}
