// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where to listen.
 *
 * @param host a name or an IP address, an IPv6 one without brackets
 * @param port 0 to 65535; 0 takes a free one
 */
record ListenAddress(String host, int port) {
  static final String FORM = "ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080";

  private static final Pattern TEXT =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]{2,45})]|([A-Za-z0-9.-]{1,253})):([0-9]{1,5})");
  private static final int MAX_PORT = 65_535;

  /** The address that {@code text} is, if it is one. */
  static Optional<ListenAddress> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int port = Integer.parseInt(matcher.group(3));
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return port > MAX_PORT ? Optional.empty() : Optional.of(new ListenAddress(host, port));
  }

  /** The same for a socket; a name is looked up when it is opened. */
  InetSocketAddress socketAddress() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
