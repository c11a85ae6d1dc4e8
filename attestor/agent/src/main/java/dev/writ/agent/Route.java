// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** The way to a server. */
sealed interface Route {
  /**
   * A connection that stands.
   *
   * @param in what the server sends
   * @param out what it is sent
   */
  record Line(InputStream in, OutputStream out) {}

  /** Connects; the guard closes what is opened. */
  Line open(Guard guard) throws IOException;

  /** What the {@code Host} field says. */
  String authority();

  /** The same way, on which a server that asks for the client's key is shown this one. */
  default Route showing(ChannelKey key) {
    return this;
  }

  /** The JDK says why, but not where. */
  private static ConnectException unserved(String place, IOException cause) {
    ConnectException failure =
        new ConnectException(
            "a server must listen at "
                + place
                + " and be open to this user: "
                + cause.getMessage());
    failure.initCause(cause);
    return failure;
  }

  /** Whether the server asked for the client's key on this way, and was shown it. */
  default boolean keyWasShown() {
    return false;
  }

  /**
   * TCP: with TLS to anywhere, without it to this machine alone.
   *
   * @param host a DNS name or an IP address without brackets
   * @param port from 1 to 65535
   * @param tls how it must show who it is
   */
  record Tcp(String host, int port, Optional<ClientTls> tls) implements Route {
    @Override
    public Line open(Guard guard) throws IOException {
      InetAddress[] addresses = InetAddress.getAllByName(host);
      if (tls.isEmpty() && !Arrays.stream(addresses).allMatch(InetAddress::isLoopbackAddress)) {
        throw new PlainHttpException(host);
      }
      if (tls.isEmpty()) {
        Socket socket = connect(addresses, guard);
        return new Line(socket.getInputStream(), socket.getOutputStream());
      }
      try {
        return secured(tls.get(), addresses, guard);
      } catch (SSLException e) {
        if (!tls.get().follows(e)) {
          throw e;
        }
        guard.moving();
        return secured(tls.get(), addresses, guard);
      }
    }

    private Line secured(ClientTls how, InetAddress[] addresses, Guard guard) throws IOException {
      Socket socket = connect(addresses, guard);
      // The host's own key may have to sign in the handshake, and a TPM takes its time.
      guard.moving();
      SSLSocket secured = how.over(socket, host, port);
      try {
        secured.startHandshake();
      } catch (SSLException e) {
        throw keyFailed(e).orElse(e);
      }
      return new Line(secured.getInputStream(), secured.getOutputStream());
    }

    /** A TPM that does not sign is what has failed then, and not the server. */
    private static Optional<IOException> keyFailed(SSLException failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof TpmException tpm) {
          return Optional.of(
              new IOException(
                  "the instance key must sign for TLS, and cannot: " + tpm.getMessage(), failure));
        }
      }
      return Optional.empty();
    }

    @Override
    public Route showing(ChannelKey key) {
      // Without TLS nothing of it is loaded.
      return tls.isEmpty() ? this : new Tcp(host, port, Optional.of(tls.get().showing(key)));
    }

    @Override
    public boolean keyWasShown() {
      return tls.isPresent() && tls.get().keyWasShown();
    }

    /** The first address that takes a connection; none may use up the time of the others. */
    private Socket connect(InetAddress[] addresses, Guard guard) throws IOException {
      IOException failure = new ConnectException(host + " must have an address, and has none");
      for (int i = 0; i < addresses.length; i++) {
        Socket socket = new Socket();
        guard.watch(socket);
        try {
          socket.setTcpNoDelay(true);
          socket.connect(
              new InetSocketAddress(addresses[i], port), guard.share(addresses.length - i));
          return socket;
        } catch (SocketTimeoutException e) {
          // Whether its share or the guard's time ends first, it is the same to who waits.
          failure = guard.late(e);
        } catch (IOException e) {
          failure = unserved(host + ":" + port, e);
        }
      }
      throw failure;
    }

    @Override
    public String authority() {
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /**
   * A Unix socket, whose file's mode says who may connect.
   *
   * @param file the socket
   */
  record Unix(Path file) implements Route {
    @Override
    public Line open(Guard guard) throws IOException {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      guard.watch(channel);
      try {
        boolean unused = channel.connect(UnixDomainSocketAddress.of(file));
      } catch (IOException e) {
        throw unserved(file.toString(), e);
      }
      return new Line(Channels.newInputStream(channel), Channels.newOutputStream(channel));
    }

    @Override
    public String authority() {
      return "localhost";
    }
  }
}
