// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/** The least that a generator can talk to: one thread a connection, answers by a function. */
final class StandIn implements AutoCloseable {
  /** What is answered to a request. */
  interface Answers {
    Answer to(String path, String body) throws Exception;
  }

  record Answer(int status, String body) {}

  private final ServerSocket socket = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Answers answers;

  StandIn(Answers answers) throws IOException {
    this.answers = answers;
    threads.execute(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  private void accept() {
    try {
      while (true) {
        Socket accepted = socket.accept();
        try {
          threads.execute(() -> serve(accepted));
        } catch (RejectedExecutionException e) {
          accepted.close();
        }
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void serve(Socket client) {
    try (client;
        InputStream in = new BufferedInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream()) {
      client.setTcpNoDelay(true);
      for (String first = line(in); !first.isEmpty(); first = line(in)) {
        int length = 0;
        for (String field = line(in); !field.isEmpty(); field = line(in)) {
          if (field.startsWith("content-length: ")) {
            length = Integer.parseInt(field.substring(16));
          }
        }
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        Answer answer = answers.to(first.split(" ", -1)[1], body);
        String head =
            "HTTP/1.1 " + answer.status() + " Any\r\nContent-Length: " + answer.body().length();
        // In two pieces, as networks may deliver.
        out.write((head + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        out.write(("\r\n" + answer.body()).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (Exception e) {
      // The client sees a closed connection, and says what it makes of it.
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }
}
