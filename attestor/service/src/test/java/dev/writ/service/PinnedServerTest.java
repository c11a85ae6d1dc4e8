// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.PinnedTls;
import dev.writ.hsm.ServerCertificate;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server that shows what the token certified, and an agent that has the trust file's pin. */
class PinnedServerTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private static ServiceToken token;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void stop() throws Exception {
    token.close();
  }

  @Test
  void agent_believesAServerThatTheTokenCertified() throws Exception {
    assertThat(protocolWith(token.keys().tlsPin(), Instant.now())).isEqualTo("TLSv1.3");
  }

  @Test
  void agent_believesNoServerOfAnotherTrustFile() {
    assertThatThrownBy(() -> protocolWith(token.keys().issuerKid(), Instant.now()))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("must show a key that the trust file's tls pins");
  }

  @Test
  void agent_believesNoServerWhoseCertificateEnded() {
    assertThatThrownBy(
            () -> protocolWith(token.keys().tlsPin(), Instant.now().plus(HOUR.multipliedBy(2))))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("NotAfter");
  }

  private static String protocolWith(Hash pin, Instant clientsTime) throws Exception {
    ServerCertificate certificate =
        ServerCertificate.issue(
            token.keys().tls(), List.of("127.0.0.1"), Instant.now(), HOUR, new SecureRandom());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(certificate.keyStore(), new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    try (SSLServerSocket server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> greet(server));
      thread.start();
      try (Socket tcp = new Socket(server.getInetAddress(), server.getLocalPort());
          SSLSocket tls =
              PinnedTls.of(List.of(pin), InstantSource.fixed(clientsTime))
                  .over(tcp, "127.0.0.1", server.getLocalPort())) {
        tls.startHandshake();
        assertThat(tls.getInputStream().read()).isEqualTo('w');
        return tls.getSession().getProtocol();
      } finally {
        thread.join();
      }
    }
  }

  private static void greet(SSLServerSocket server) {
    try (Socket client = server.accept()) {
      client.getOutputStream().write('w');
    } catch (IOException e) {
      // The client's to assert.
      return;
    }
  }
}
