// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tpm.InstanceKey;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Instance keys, in memory and in a simulated TPM, as clients' keys of TLS 1.3. */
@Timeout(60)
final class ChannelKeyTest {
  private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  private static final Timeouts SHORT =
      new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(10));

  private final Instant now = Instant.now();
  private final TlsAuthority authority = TlsAuthority.create(now);
  private final AtomicInteger signed = new AtomicInteger();
  private final BlockingQueue<Optional<X509Certificate>> shown = new ArrayBlockingQueue<>(16);

  @TempDir private Path folder;
  private SSLServerSocket server;

  @BeforeEach
  void listen() throws Exception {
    server = listening(true);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  /** A TLS server; what it is shown goes to {@link #shown}. */
  private SSLServerSocket listening(boolean asks) throws Exception {
    SSLContext context = authority.server("127.0.0.1").context(new Anybody());
    SSLServerSocket listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 8, InetAddress.getLoopbackAddress());
    listener.setEnabledProtocols(new String[] {"TLSv1.3"});
    listener.setWantClientAuth(asks);
    Thread thread = new Thread(() -> serve(listener), "tls-server");
    thread.setDaemon(true);
    thread.start();
    return listener;
  }

  private void serve(SSLServerSocket listener) {
    while (!listener.isClosed()) {
      try (SSLSocket client = (SSLSocket) listener.accept()) {
        client.startHandshake();
        shown.add(peer(client));
        assertThat(RawServer.request(client.getInputStream())).startsWith("GET / ");
        RawServer.write(client.getOutputStream(), ANSWER);
      } catch (IOException e) {
        // What the client makes of it is asserted.
      }
    }
  }

  private static Optional<X509Certificate> peer(SSLSocket client) {
    try {
      return Optional.of((X509Certificate) client.getSession().getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  /** Takes any key: that the client has it is JSSE's to see. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private HttpExchanges client() {
    return new HttpExchanges(
        new Route.Tcp(
            "127.0.0.1",
            server.getLocalPort(),
            Optional.of(PinnedTls.of(List.of(authority.pin()), InstantSource.fixed(now)))),
        SHORT);
  }

  private Optional<X509Certificate> shownBy(HttpExchanges client) throws Exception {
    assertThat(client.get("/", "*/*", 100).status()).isEqualTo(200);
    Optional<X509Certificate> certificate = shown.poll(5, TimeUnit.SECONDS);
    assertThat(certificate).isNotNull();
    return certificate;
  }

  private static KeyPair newKeyPair() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private ChannelKey inMemory(KeyPair pair) {
    return of(pair, pair.getPrivate());
  }

  private ChannelKey of(KeyPair pair, PrivateKey signing) {
    return new ChannelKey(
        (ECPublicKey) pair.getPublic(),
        sha256 -> {
          signed.incrementAndGet();
          return sign(signing, sha256);
        });
  }

  private static byte[] sign(PrivateKey key, byte[] sha256) {
    try {
      Signature signer = Signature.getInstance("NONEwithECDSAinP1363Format");
      signer.initSign(key);
      signer.update(sha256);
      return signer.sign();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void keyInTheTpm_isShownAndProven() throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(now, new SecureRandom());
    try (SwtpmHost host =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), maker);
        Tpm tpm = Tpm.open(host.tcti());
        InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey())) {
      ECPublicKey publicKey = TpmtPublic.parse(key.publicArea()).toEcPublicKey();
      ChannelKey channel = ChannelKey.inTpm(publicKey, key);

      X509Certificate certificate = shownBy(client().showing(channel)).orElseThrow();

      assertThat(JwkThumbprint.of((ECPublicKey) certificate.getPublicKey()))
          .isEqualTo(JwkThumbprint.of(publicKey));
      certificate.verify(certificate.getPublicKey());
      assertThat(shownBy(client().showing(channel))).contains(certificate);
    }
  }

  @Test
  void keyInMemory_isShownAndProvenEachTime_andCertifiedOnce() throws Exception {
    KeyPair pair = newKeyPair();
    ChannelKey key = inMemory(pair);

    for (int i = 0; i < 2; i++) {
      X509Certificate certificate = shownBy(client().showing(key)).orElseThrow();
      assertThat(certificate.getPublicKey()).isEqualTo(pair.getPublic());
    }

    assertThat(signed).hasValue(3);
  }

  @Test
  void serverThatAsksForNoKey_isShownNone_andTheKeyIsNotUsed() throws Exception {
    server.close();
    server = listening(false);

    assertThat(shownBy(client().showing(inMemory(newKeyPair())))).isEmpty();

    assertThat(signed).hasValue(0);
  }

  /** A command over plain HTTP starts without anything of this. */
  @Test
  void wayWithoutTls_isTheSameWithAKey() throws Exception {
    Route plain = new Route.Tcp("127.0.0.1", 80, Optional.empty());
    assertThat(plain.showing(inMemory(newKeyPair()))).isSameAs(plain);
    Route socket = new Route.Unix(folder);
    assertThat(socket.showing(inMemory(newKeyPair()))).isSameAs(socket);
  }

  @Test
  void clientWithoutAKey_showsNone() throws Exception {
    assertThat(shownBy(client())).isEmpty();
  }

  /** TLS 1.3's CertificateVerify: whoever shows a key that he has not is let in by no server. */
  @Test
  void keyOfAnother_isNotProven() throws Exception {
    ChannelKey stolen = of(newKeyPair(), newKeyPair().getPrivate());

    assertThatThrownBy(() -> client().showing(stolen).get("/", "*/*", 100))
        .isInstanceOf(IOException.class);

    assertThat(shown).isEmpty();
  }

  @Test
  void tpmThatDoesNotSign_isNamed() throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(now, new SecureRandom());
    SwtpmHost host = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), maker);
    try (Tpm tpm = Tpm.open(host.tcti());
        InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey())) {
      ECPublicKey publicKey = TpmtPublic.parse(key.publicArea()).toEcPublicKey();
      ChannelKey fresh = ChannelKey.inTpm(publicKey, key);
      ChannelKey certified = ChannelKey.inTpm(publicKey, key);
      assertThat(shownBy(client().showing(certified))).isPresent();
      host.close();

      for (ChannelKey channel : List.of(fresh, certified)) {
        assertThatThrownBy(() -> client().showing(channel).get("/", "*/*", 100))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("the instance key must sign for TLS, and cannot");
      }
    } finally {
      host.close();
    }
    assertThat(shown).isEmpty();
  }

  @Test
  void certificate_isOfTheKeyAloneAndForTlsClients() throws Exception {
    KeyPair pair = newKeyPair();

    X509Certificate certificate = inMemory(pair).certificate(now);

    certificate.verify(pair.getPublic());
    certificate.checkValidity(Date.from(now));
    assertThat(certificate.getVersion()).isEqualTo(3);
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    assertThat(certificate.getKeyUsage())
        .containsExactly(true, false, false, false, false, false, false, false, false);
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    assertThat(certificate.getSubjectX500Principal())
        .isEqualTo(certificate.getIssuerX500Principal())
        .isEqualTo(new X500Principal("CN=writ instance"));
    // As another parser sees it, to the last byte.
    assertThat(new X509CertificateHolder(certificate.getEncoded()).getEncoded())
        .isEqualTo(certificate.getEncoded());
  }

  @Test
  void certificate_isMadeAnewBeforeItsEnd_andWhereTheClockWasSetBack() throws Exception {
    ChannelKey key = inMemory(newKeyPair());
    X509Certificate first = key.certificate(now);

    assertThat(key.certificate(now.plus(Duration.ofHours(22)))).isSameAs(first);
    X509Certificate second = key.certificate(now.plus(Duration.ofHours(24)));
    assertThat(second).isNotEqualTo(first);
    assertThat(key.certificate(now).getNotBefore()).isBefore(Date.from(now));
  }

  /** RFC 5280, 4.1.2.5: the form of a time changes with the year 2050. */
  @Test
  void certificate_ofEachCentury_holdsThen() throws Exception {
    for (String time : List.of("2049-12-31T20:00:00Z", "2051-03-01T00:00:00Z")) {
      Instant then = Instant.parse(time);
      inMemory(newKeyPair()).certificate(then).checkValidity(Date.from(then));
    }
  }

  @Test
  void otherKeys_areSignedWithAsBefore() throws Exception {
    var unused = inMemory(newKeyPair()).privateKey();
    KeyPair pair = newKeyPair();
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(pair.getPrivate());
    assertThat(signer.getProvider().getName()).isEqualTo("SunEC");
    assertThat(Signature.getInstance("SHA256withECDSA").getProvider().getName()).isEqualTo("SunEC");
  }
}
