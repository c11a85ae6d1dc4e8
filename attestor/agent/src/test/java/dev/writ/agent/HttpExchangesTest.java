// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP client against servers that misbehave, on real sockets. */
@Timeout(30)
class HttpExchangesTest {
  private static final int MAX_BODY = 1000;
  private static final String OK = RawServer.json(200, "application/json", "{}");

  private static final Timeouts SHORT =
      new Timeouts(Duration.ofMillis(400), Duration.ofMillis(400), Duration.ofMillis(1200));

  @TempDir Path folder;

  @Test
  void get_sendsOneRequestThatEndsItsConnection() throws Exception {
    try (RawServer server = RawServer.answering(OK)) {
      assertThat(client(server).get("/a?b=c", "application/json", MAX_BODY).body())
          .asString()
          .isEqualTo("{}");
      assertThat(server.requests())
          .containsExactly(
              "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"
                  + server.port()
                  + "\r\nAccept: application/json\r\nUser-Agent: writ\r\nConnection: close\r\n\r\n");
    }
  }

  @Test
  void post_overAUnixSocket_isTheSame() throws Exception {
    Path file = folder.resolve("socket");
    try (RawServer server = RawServer.onUnixSocket(file, new RawServer.Answers(OK))) {
      HttpExchanges client = new HttpExchanges(new Route.Unix(file), SHORT);
      byte[] body = "{\"a\":1}".getBytes(StandardCharsets.US_ASCII);

      assertThat(client.post("/x", "application/json", body, MAX_BODY).status()).isEqualTo(200);
      assertThat(server.requests().get(0))
          .startsWith("POST /x HTTP/1.1\r\nHost: localhost\r\n")
          .contains("\r\nContent-Type: application/json\r\nContent-Length: 7\r\n")
          .endsWith("\r\n\r\n{\"a\":1}");
    }
  }

  @Test
  void get_bytesThatComeOneByOne_areWaitedFor() throws Exception {
    try (RawServer server =
        RawServer.onLoopback(
            (in, out) -> {
              RawServer.request(in);
              for (int i = 0; i < OK.length(); i++) {
                RawServer.write(out, OK.substring(i, i + 1));
                pause(5);
              }
            })) {
      assertThat(client(server).get("/", "*/*", MAX_BODY).status()).isEqualTo(200);
    }
  }

  @Test
  void get_bytesThatNeverEnd_areGivenUpWhenTheWholeTimeIsOver() throws Exception {
    try (RawServer server =
        RawServer.onLoopback(
            (in, out) -> {
              RawServer.request(in);
              RawServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
              while (true) {
                RawServer.write(out, "x");
                pause(50);
              }
            })) {
      assertLate(() -> client(server).get("/", "*/*", MAX_BODY), 1100, "be done within 1.2 s");
    }
  }

  @Test
  void get_silence_isGivenUp() throws Exception {
    try (HeldServer server = new HeldServer()) {
      assertLate(() -> server.client().get("/", "*/*", MAX_BODY), 350, "something every 0.4 s");
    }
  }

  @Test
  void get_silenceOnAUnixSocket_isGivenUp() throws Exception {
    Path file = folder.resolve("socket");
    CountDownLatch over = new CountDownLatch(1);
    try (RawServer server = RawServer.onUnixSocket(file, (in, out) -> await(over))) {
      assertThat(server.requests()).isEmpty();
      HttpExchanges client = new HttpExchanges(new Route.Unix(file), SHORT);
      assertLate(() -> client.get("/", "*/*", MAX_BODY), 350, "something every 0.4 s");
    } finally {
      over.countDown();
    }
  }

  /** More than all buffers on the way hold. */
  @Test
  void post_toAServerThatDoesNotRead_isGivenUp() throws Exception {
    try (HeldServer server = new HeldServer()) {
      assertLate(
          () -> server.client().post("/", "*/*", new byte[64 << 20], MAX_BODY),
          350,
          "something every 0.4 s");
    }
  }

  /** Nobody accepts, and the queue of those who wait is full. */
  @Test
  void get_connectionThatNobodyAccepts_isGivenUp() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> waiting = new ArrayList<>();
      try {
        for (int i = 0; i < 4; i++) {
          Socket socket = new Socket();
          waiting.add(socket);
          fillQueue(socket, full.getLocalPort());
        }
        HttpExchanges client = client(full.getLocalPort());
        assertThatThrownBy(() -> client.get("/", "*/*", MAX_BODY))
            .isInstanceOf(SocketTimeoutException.class);
      } finally {
        for (Socket socket : waiting) {
          socket.close();
        }
      }
    }
  }

  private static void fillQueue(Socket socket, int port) throws IOException {
    try {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
    } catch (SocketTimeoutException e) {
      // It is full.
      return;
    }
  }

  @Test
  void get_nobodyListens_isAConnectException() throws Exception {
    int port;
    try (ServerSocket once = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = once.getLocalPort();
    }
    assertThatThrownBy(() -> client(port).get("/", "*/*", MAX_BODY))
        .isInstanceOf(ConnectException.class);
    assertThatThrownBy(
            () ->
                new HttpExchanges(new Route.Unix(folder.resolve("none")), SHORT)
                    .get("/", "*/*", MAX_BODY))
        .isInstanceOf(IOException.class);
  }

  @Test
  void get_answerThatIsCutOff_isRefused() throws Exception {
    for (int cut = 0; cut < OK.length(); cut += 7) {
      try (RawServer server = RawServer.answering(OK.substring(0, cut))) {
        assertThatThrownBy(() -> client(server).get("/", "*/*", MAX_BODY))
            .isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void get_headerWithoutEnd_isRefused() throws Exception {
    try (RawServer server =
        RawServer.onLoopback(
            (in, out) -> {
              RawServer.request(in);
              RawServer.write(out, "HTTP/1.1 200 OK\r\n");
              while (true) {
                RawServer.write(out, "X-More: more\r\n");
              }
            })) {
      assertThatThrownBy(() -> client(server).get("/", "*/*", MAX_BODY))
          .isInstanceOf(MalformedResponseException.class)
          .hasMessageContaining("at most 16384 bytes");
    }
  }

  /** What a server says that closes before it has read all is not lost where it arrived. */
  @Test
  void post_serverThatAnswersEarly_isHeard() throws Exception {
    try (RawServer server =
        RawServer.onLoopback(
            (in, out) -> {
              byte[] some = in.readNBytes(100);
              assertThat(some).hasSize(100);
              RawServer.write(out, RawServer.json(413, "application/problem+json", "{}"));
              drain(in);
            })) {
      assertThat(client(server).post("/", "*/*", new byte[100_000], MAX_BODY).status())
          .isEqualTo(413);
    }
  }

  @Test
  void get_plainToAnotherMachine_isRefusedBeforeAnythingIsSent() {
    // TEST-NET-1, RFC 5737: no packet must go there.
    HttpExchanges client =
        new HttpExchanges(new Route.Tcp("192.0.2.1", 80, Optional.empty()), SHORT);
    assertThatThrownBy(() -> client.get("/", "*/*", MAX_BODY))
        .isInstanceOf(PlainHttpException.class)
        .hasMessageContaining("plain HTTP is for loopback addresses only")
        .hasMessageContaining("give an https URL");
  }

  @Test
  void get_leavesNoThreadBehind() throws Exception {
    try (RawServer server = RawServer.answering(OK)) {
      for (int i = 0; i < 20; i++) {
        assertThat(client(server).get("/", "*/*", MAX_BODY).status()).isEqualTo(200);
      }
    }
    for (int i = 0; i < 100 && guards() > 0; i++) {
      pause(20);
    }
    assertThat(guards()).isZero();
  }

  private static long guards() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("writ-http-guard"))
        .count();
  }

  private static void assertLate(ThrowingCallable call, long afterMillis, String sentence) {
    long start = System.nanoTime();
    assertThatThrownBy(call)
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessageContaining(sentence);
    assertThat(Duration.ofNanos(System.nanoTime() - start).toMillis())
        .isBetween(afterMillis, 10_000L);
  }

  private static HttpExchanges client(RawServer server) throws IOException {
    return client(server.port());
  }

  private static HttpExchanges client(int port) {
    return new HttpExchanges(new Route.Tcp("127.0.0.1", port, Optional.empty()), SHORT);
  }

  private static void drain(InputStream in) throws IOException {
    byte[] unused = in.readAllBytes();
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Accepts and does nothing. */
  private static final class HeldServer implements AutoCloseable {
    private final CountDownLatch over = new CountDownLatch(1);
    private final RawServer server = RawServer.onLoopback((in, out) -> await(over));

    HeldServer() throws IOException {}

    HttpExchanges client() throws IOException {
      return HttpExchangesTest.client(server);
    }

    @Override
    public void close() throws IOException {
      over.countDown();
      server.close();
    }
  }
}
