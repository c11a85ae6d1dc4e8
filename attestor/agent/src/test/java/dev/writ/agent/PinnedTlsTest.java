// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.TlsAuthority.Subject;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom {@link PinnedTls} believes, against real TLS servers. */
@Timeout(30)
class PinnedTlsTest {
  private static final Timeouts SHORT =
      new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(4));
  private static final String ANSWER = RawServer.json(200, "application/json", "{}");

  private final Instant now = Instant.now();
  private final TlsAuthority authority = TlsAuthority.create(now);
  private Optional<SSLServerSocket> running = Optional.empty();

  @AfterEach
  void stop() throws IOException {
    if (running.isPresent()) {
      running.get().close();
    }
  }

  @Test
  void server_certifiedByThePinnedAuthority_isBelieved() throws Exception {
    Subject server = authority.server("localhost", "127.0.0.1");

    assertThat(get(server, authority.pin(), "127.0.0.1")).isEqualTo(200);
    assertThat(get(server, authority.pin(), "localhost")).isEqualTo(200);
  }

  @Test
  void server_whoseOwnKeyIsPinned_isBelievedWhoeverCertifiedIt() throws Exception {
    Subject server = TlsAuthority.create(now).server("127.0.0.1");

    assertThat(get(server, pin(server.chain().get(0)), "127.0.0.1")).isEqualTo(200);
  }

  @Test
  void server_belowAnAuthorityBelowThePinned_isBelieved() throws Exception {
    TlsAuthority root = TlsAuthority.create(now, 1);
    Subject server = root.authority().server("127.0.0.1");

    assertThat(server.chain()).hasSize(3);
    assertThat(get(server, root.pin(), "127.0.0.1")).isEqualTo(200);
  }

  @Test
  void server_ofAnotherAuthority_isNotBelieved() {
    assertDenied(
        TlsAuthority.create(now).server("127.0.0.1"),
        "127.0.0.1",
        "must show a key that the trust file's tls pins");
  }

  /** Anybody can show a certificate of the pinned authority. */
  @Test
  void server_thatShowsThePinnedAuthorityWithoutItsSignature_isNotBelieved() {
    Subject stranger = TlsAuthority.create(now).server("127.0.0.1");

    assertDenied(
        stranger.showing(List.of(stranger.chain().get(0), authority.certificate())),
        "127.0.0.1",
        "must have certified the server, and has not");
  }

  @Test
  void server_thatAServerCertified_isNotBelieved() {
    TlsAuthority root = TlsAuthority.create(now, 1);
    Subject server = root.server("127.0.0.1").certifies("127.0.0.1");

    assertThatThrownBy(() -> get(server, root.pin(), "127.0.0.1"))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("must have certified the server, and has not");
  }

  @Test
  void server_belowMoreAuthoritiesThanThePinnedAllows_isNotBelieved() {
    assertDenied(
        authority.authority().server("127.0.0.1"), "127.0.0.1", "with 1 more below it, and is not");
  }

  @Test
  void server_ofAnotherName_isNotBelieved() {
    assertDenied(authority.server("other.example"), "localhost", "localhost");
    assertDenied(authority.server("192.0.2.1"), "127.0.0.1", "127.0.0.1");
  }

  @Test
  void server_whoseCertificateIsForClients_isNotBelieved() {
    assertDenied(authority.client("127.0.0.1"), "127.0.0.1", "must be for TLS servers");
  }

  @Test
  void server_pinnedItself_isHeldToNameTimeAndPurposeToo() {
    TlsAuthority other = TlsAuthority.create(now);
    Subject client = other.client("127.0.0.1");
    Subject named = other.server("other.example");

    assertThatThrownBy(() -> get(client, pin(client.chain().get(0)), "127.0.0.1"))
        .hasMessageContaining("must be for TLS servers");
    assertThatThrownBy(() -> get(named, pin(named.chain().get(0)), "127.0.0.1"))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void server_outsideItsTime_isNotBelieved() {
    Subject server = authority.server("127.0.0.1");

    for (Duration away : List.of(Duration.ofDays(2), Duration.ofDays(-2))) {
      assertThatThrownBy(() -> get(server, authority.pin(), "127.0.0.1", now.plus(away), "TLSv1.3"))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("Not");
    }
  }

  @Test
  void server_thatSpeaksNothingNewerThanTls12_isNotSpokenTo() {
    assertThatThrownBy(
            () -> get(authority.server("127.0.0.1"), authority.pin(), "127.0.0.1", now, "TLSv1.2"))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void server_thatNeverShakesHands_isGivenUp() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (RawServer server = RawServer.onLoopback((in, out) -> await(over))) {
      Timeouts hasty =
          new Timeouts(Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(5));
      HttpExchanges client =
          new HttpExchanges(
              new Route.Tcp("127.0.0.1", server.port(), tls(authority.pin(), now)), hasty);
      // A handshake may wait for a TPM: it has longer than TCP to connect.
      assertThatThrownBy(() -> client.get("/", "*/*", 100))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessageContaining(
              "must take or send something every 0.3 s and be done within 5 s, and was not");
    } finally {
      over.countDown();
    }
  }

  /** A TLS key that was rotated: the trust file that pins the next is asked for where it is shown. */
  @Test
  void server_thatALaterTrustFilePins_isBelievedOnceThatIsFollowed() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    PinnedTls following =
        PinnedTls.of(
            List.of(TlsAuthority.create(now).pin()),
            () -> {
              asked.incrementAndGet();
              return Optional.of(List.of(authority.pin()));
            },
            InstantSource.fixed(now));

    assertThat(get(authority.server("127.0.0.1"), Optional.of(following), "127.0.0.1", "TLSv1.3"))
        .isEqualTo(200);
    assertThat(get(authority.server("127.0.0.1"), Optional.of(following), "127.0.0.1", "TLSv1.3"))
        .isEqualTo(200);
    assertThat(asked).hasValue(1);
  }

  @Test
  void server_thatNoLaterTrustFilePins_isNotBelieved() {
    for (Optional<List<Hash>> newer :
        List.of(
            Optional.<List<Hash>>empty(), Optional.of(List.of(TlsAuthority.create(now).pin())))) {
      PinnedTls following =
          PinnedTls.of(
              List.of(TlsAuthority.create(now).pin()), () -> newer, InstantSource.fixed(now));
      assertThatThrownBy(
              () ->
                  get(
                      authority.server("127.0.0.1"),
                      Optional.of(following),
                      "127.0.0.1",
                      "TLSv1.3"))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("must show a key that the trust file's tls pins");
    }
  }

  @Test
  void server_refusedForAnythingElse_asksForNoTrustFile() {
    PinnedTls following =
        PinnedTls.of(
            List.of(authority.pin()),
            () -> {
              throw new AssertionError("nobody is to be asked");
            },
            InstantSource.fixed(now));

    assertThatThrownBy(
            () ->
                get(
                    authority.server("other.example"),
                    Optional.of(following),
                    "localhost",
                    "TLSv1.3"))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("localhost");
  }

  @Test
  void anyServer_isReadFromOverTls13Alone() throws Exception {
    assertThat(
            get(
                authority.server("other.example"),
                Optional.of(new AnyServerTls()),
                "127.0.0.1",
                "TLSv1.3"))
        .isEqualTo(200);
    assertThatThrownBy(
            () ->
                get(
                    authority.server("127.0.0.1"),
                    Optional.of(new AnyServerTls()),
                    "127.0.0.1",
                    "TLSv1.2"))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void of_withoutPins_isRefused() {
    assertThatThrownBy(() -> PinnedTls.of(List.of(), InstantSource.system()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the trust file's tls");
  }

  private void assertDenied(Subject server, String host, String because) {
    assertThatThrownBy(() -> get(server, authority.pin(), host))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining(because);
  }

  private int get(Subject server, Hash pin, String host) throws Exception {
    return get(server, pin, host, now, "TLSv1.3");
  }

  private int get(Subject server, Hash pin, String host, Instant clientsTime, String protocol)
      throws Exception {
    return get(server, tls(pin, clientsTime), host, protocol);
  }

  private int get(Subject server, Optional<ClientTls> tls, String host, String protocol)
      throws Exception {
    stop();
    SSLServerSocket listener =
        (SSLServerSocket)
            server
                .context()
                .getServerSocketFactory()
                .createServerSocket(0, 8, InetAddress.getLoopbackAddress());
    listener.setEnabledProtocols(new String[] {protocol});
    running = Optional.of(listener);
    Thread thread = new Thread(() -> serve(listener), "tls-server");
    thread.setDaemon(true);
    thread.start();
    return new HttpExchanges(new Route.Tcp(host, listener.getLocalPort(), tls), SHORT)
        .get("/", "*/*", 100)
        .status();
  }

  private static Optional<ClientTls> tls(Hash pin, Instant time) {
    return Optional.of(PinnedTls.of(List.of(pin), InstantSource.fixed(time)));
  }

  private static Hash pin(X509Certificate certificate) {
    return Hash.sha256(certificate.getPublicKey().getEncoded());
  }

  private static void serve(SSLServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket client = listener.accept()) {
        assertThat(RawServer.request(client.getInputStream())).startsWith("GET / ");
        RawServer.write(client.getOutputStream(), ANSWER);
      } catch (IOException e) {
        // The client did not believe it: the client's side is what is asserted.
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
