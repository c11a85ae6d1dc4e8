// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A service on a Unix socket that gives one answer to whatever it is asked, and keeps the requests. */
final class AnsweringSocket implements AutoCloseable {
  private final ServerSocketChannel server;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private AnsweringSocket(ServerSocketChannel server) {
    this.server = server;
  }

  static AnsweringSocket at(Path socket, int status, String json) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    AnsweringSocket answering = new AnsweringSocket(server);
    Thread thread = new Thread(() -> answering.serve(status, json), "answering-socket");
    thread.setDaemon(true);
    thread.start();
    return answering;
  }

  List<String> requests() {
    return requests;
  }

  private void serve(int status, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    String type = status < 400 ? "application/json" : "application/problem+json";
    String head =
        "HTTP/1.1 "
            + status
            + " Answer\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + body.length
            + (status == 503 ? "\r\nRetry-After: 1" : "")
            + "\r\nConnection: close\r\n\r\n";
    while (server.isOpen()) {
      try (SocketChannel connection = server.accept()) {
        ByteBuffer request = ByteBuffer.allocate(64 * 1024);
        // A request here is short, and comes in one piece.
        int unused = connection.read(request);
        requests.add(new String(request.array(), 0, request.position(), StandardCharsets.UTF_8));
        send(connection, head.getBytes(StandardCharsets.US_ASCII));
        send(connection, body);
      } catch (IOException e) {
        // Whoever closes the server ends the wait; a client that went away is its own test's
        // matter.
      }
    }
  }

  private static void send(SocketChannel connection, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      int unused = connection.write(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
