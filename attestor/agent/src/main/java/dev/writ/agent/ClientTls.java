// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** How a server must show who it is. */
sealed interface ClientTls permits PinnedTls, AnyServerTls {
  /**
   * TLS over a connection, not yet begun: {@link SSLSocket#startHandshake} does that.
   *
   * @param connected closed with what is returned
   * @param host whom the server must be: a DNS name or an IP address without brackets
   */
  SSLSocket over(Socket connected, String host, int port) throws IOException;

  /** The same, and a server that asks for the client's key is shown this one. */
  default ClientTls showing(ChannelKey key) {
    return this;
  }

  /** Whether a server asked for this host's key, and was shown it. */
  default boolean keyWasShown() {
    return false;
  }

  /** Whether, after this failure, other servers are believed than before it. */
  default boolean follows(SSLException failure) {
    return false;
  }
}
