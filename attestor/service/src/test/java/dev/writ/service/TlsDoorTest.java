// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.PinnedTls;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Doors behind TLS, and doors that must not be without. */
@Timeout(60)
final class TlsDoorTest {
  private static final DoorsConfig.Limits LIMITS =
      DoorsConfig.Limits.standard().withRate(Optional.empty());
  private static final InstantSource CLOCK = InstantSource.system();

  private static ServiceToken token;
  @TempDir private Path folder;
  private final StubService service = new StubService();
  private Optional<Doors> doors = Optional.empty();

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void takeToken() throws Exception {
    token.close();
  }

  @AfterEach
  void close() {
    doors.ifPresent(Doors::close);
  }

  private static TlsCredentialHsm fromToken(Duration validity) {
    return new TlsCredentialHsm(
        token.keys(), List.of("localhost", "127.0.0.1"), validity, CLOCK, new SecureRandom());
  }

  private Doors open(DoorsConfig config) throws DoorException {
    Doors opened = Doors.open(config, service.routes(), service, CLOCK);
    doors = Optional.of(opened);
    return opened;
  }

  private static DoorsConfig tls(TlsCredentialSource source) {
    return new DoorsConfig(
        Optional.empty(),
        Optional.of(new DoorsConfig.Tls(StubService.loopback(), source)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        LIMITS);
  }

  private static DoorsConfig mutual(X509Certificate root) {
    return new DoorsConfig(
        Optional.of(StubService.loopback()),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new DoorsConfig.MutualTls(
                StubService.loopback(),
                fromToken(Duration.ofHours(1)),
                List.of(root),
                new OperatorClients(
                    Map.of(),
                    Map.of(Hash.sha256(root.getPublicKey().getEncoded()), Set.of(Role.OPERATOR))))),
        Optional.empty(),
        LIMITS);
  }

  private static HttpWire pinned(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    SSLSocket secured =
        PinnedTls.of(List.of(token.keys().tlsPin()), CLOCK).over(socket, "localhost", port);
    secured.startHandshake();
    return HttpWire.of(secured);
  }

  /** Believes any server, and shows what it has. */
  static SSLContext client(KeyManager... keys) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        keys,
        new TrustManager[] {
          new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
              return new X509Certificate[0];
            }
          }
        },
        null);
    return context;
  }

  /** A certificate for a key pair of its own, signed by itself. */
  record SelfSigned(KeyPair pair, X509Certificate certificate) {
    static SelfSigned until(Instant end) throws Exception {
      KeyPair pair = SoftwareHost.newKeyPair();
      X500Principal name = new X500Principal("CN=localhost");
      return new SelfSigned(
          pair,
          new JcaX509CertificateConverter()
              .getCertificate(
                  new JcaX509v3CertificateBuilder(
                          name,
                          BigInteger.ONE,
                          Date.from(end.minus(Duration.ofDays(30))),
                          Date.from(end),
                          name,
                          pair.getPublic())
                      .build(
                          new JcaContentSignerBuilder("SHA256withECDSA")
                              .build(pair.getPrivate()))));
    }

    KeyManager[] keyManagers() throws Exception {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "client", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, new char[0]);
      return factory.getKeyManagers();
    }

    TlsCredentialFiles files(Path folder, PrivateKey key) throws Exception {
      Path chain =
          Files.write(folder.resolve("chain.pem"), pem("CERTIFICATE", certificate.getEncoded()));
      return new TlsCredentialFiles(
          chain, Files.write(folder.resolve("key.pem"), pem("PRIVATE KEY", key.getEncoded())));
    }

    private static byte[] pem(String what, byte[] der) {
      return ("-----BEGIN "
              + what
              + "-----\n"
              + Base64.getMimeEncoder().encodeToString(der)
              + "\n-----END "
              + what
              + "-----\n")
          .getBytes(StandardCharsets.US_ASCII);
    }
  }

  @Test
  void tls_withACertificateOfTheToken_isBelievedByItsPin() throws Exception {
    int port = open(tls(fromToken(Duration.ofHours(1)))).tlsPort().orElseThrow();
    try (HttpWire wire = pinned(port)) {
      assertThat(wire.post("/echo", "{\"text\":\"abc\"}").text()).isEqualTo("{\"length\":3}");
      DoorRequestsTest.problem(404, "not_found", wire.get("/operator"));
    }
  }

  @Test
  void tls_olderThan13_isRefused() throws Exception {
    int port = open(tls(fromToken(Duration.ofHours(1)))).tlsPort().orElseThrow();
    assertThatThrownBy(() -> HttpWire.tls(port, client(), "TLSv1.2"))
        .isInstanceOf(SSLException.class);
    try (HttpWire wire = HttpWire.tls(port, client(), "TLSv1.2", "TLSv1.3")) {
      assertThat(wire.get("/thing").status()).isEqualTo(200);
    }
  }

  @Test
  void plainHttp_atATlsDoor_isNotAnswered() throws Exception {
    int port = open(tls(fromToken(Duration.ofHours(1)))).tlsPort().orElseThrow();
    try (HttpWire wire = HttpWire.tcp(port)) {
      wire.send("GET /thing HTTP/1.1\r\nHost: writ\r\n\r\n");
      wire.awaitEnd();
    }
  }

  @Test
  void tls_withoutAHandshake_takesAPlaceLikeAnyOther() throws Exception {
    DoorsConfig.Limits few = DoorLimitsTest.limits(20, 10, 1_000_000);
    Doors opened =
        open(
            new DoorsConfig(
                Optional.empty(),
                tls(fromToken(Duration.ofHours(1))).tls(),
                Optional.of(operatorSocket()),
                Optional.empty(),
                Optional.of(StubService.loopback()),
                few));
    int port = opened.tlsPort().orElseThrow();
    List<HttpWire> silent = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      silent.add(HttpWire.tcp(port));
    }
    while (service.turnedAway.get() < 480) {
      Thread.sleep(5);
    }
    assertThat(opened.connections()).isEqualTo(20);
    // Whoever watches and whoever operates the service come in all the same.
    try (HttpWire operator = HttpWire.unix(folder.resolve("operator.sock"));
        HttpWire metrics = HttpWire.tcp(opened.metricsPort().orElseThrow())) {
      assertThat(operator.get("/operator").status()).isEqualTo(200);
      assertThat(metrics.get("/metrics").status()).isEqualTo(200);
    }
    // The time for a handshake ends, and the places are free.
    for (HttpWire wire : silent) {
      wire.awaitEnd();
      wire.close();
    }
    while (opened.connections() > 0) {
      Thread.sleep(5);
    }
    try (HttpWire wire = pinned(port)) {
      assertThat(wire.get("/thing").status()).isEqualTo(200);
    }
  }

  private Path operatorSocket() throws IOException {
    var unused =
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    return folder.resolve("operator.sock");
  }

  @Test
  void certificate_renewed_isShownWithoutARestart() throws Exception {
    TlsCredentialHsm source = fromToken(Duration.ofHours(1));
    try (RenewedCredential credential = RenewedCredential.from(source, CLOCK)) {
      var manager = credential.keyManager();
      String first = manager.chooseEngineServerAlias("EC", null, null);
      X509Certificate shown = manager.getCertificateChain(first)[0];
      credential.renew();
      String second = manager.chooseEngineServerAlias("EC", null, null);
      assertThat(manager.getCertificateChain(second)[0]).isNotEqualTo(shown);
      // A handshake that began before goes on with what it chose.
      assertThat(manager.getCertificateChain(first)[0]).isEqualTo(shown);
      assertThat(manager.chooseEngineServerAlias("RSA", null, null)).isNull();
    }
  }

  @Test
  void certificate_thatCannotBeRenewed_isShownOn() throws Exception {
    boolean[] broken = {false};
    TlsCredentialHsm good = fromToken(Duration.ofHours(1));
    TlsCredentialSource source =
        () -> {
          if (broken[0]) {
            throw new IOException("the token is away");
          }
          return good.next();
        };
    try (RenewedCredential credential = RenewedCredential.from(source, CLOCK)) {
      TlsCredential shown = credential.current();
      broken[0] = true;
      credential.renew();
      assertThat(credential.current()).isEqualTo(shown);
    }
  }

  /** A TLS key that others may hold must not be shown until the next certificate is due. */
  @Test
  void certificate_ofAKeyThatAnotherFollows_isReplacedAtOnce() throws Exception {
    IssuerKeys keys = token.keys();
    Token hsm = keys.tls().token();
    KeySpec next = keys.tls().spec().ofGeneration(2);
    assertThat(KeyCeremony.next(hsm, next, CLOCK, new SecureRandom()))
        .isInstanceOf(CeremonyOutcome.Born.class);
    HsmKey successor = hsm.key(next);
    TlsCredentialHsm source =
        new TlsCredentialHsm(
            keys, List.of("localhost"), Duration.ofHours(1), CLOCK, new SecureRandom());
    int port = open(tls(source)).tlsPort().orElseThrow();
    pinned(port).close();
    try {
      keys.tlsAuthority().use(successor);

      long patience = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (!shows(port, IssuerKeys.tlsPin(successor)) && System.nanoTime() - patience < 0) {
        Thread.sleep(10);
      }
      assertThat(shows(port, IssuerKeys.tlsPin(successor))).isTrue();
      assertThat(shows(port, keys.tlsPin())).isFalse();
    } finally {
      keys.tlsAuthority().use(keys.tls());
      hsm.destroy(next);
    }
  }

  private static boolean shows(int port, Hash pin) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    try (SSLSocket secured = PinnedTls.of(List.of(pin), CLOCK).over(socket, "localhost", port)) {
      secured.startHandshake();
      return true;
    } catch (SSLHandshakeException e) {
      return false;
    }
  }

  @Test
  void certificate_ofFiles_isShown() throws Exception {
    SelfSigned self = SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    int port = open(tls(self.files(folder, self.pair().getPrivate()))).tlsPort().orElseThrow();
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    Hash pin = Hash.sha256(self.pair().getPublic().getEncoded());
    SSLSocket secured =
        (SSLSocket) client().getSocketFactory().createSocket(socket, "x", port, true);
    secured.startHandshake();
    X509Certificate shown = (X509Certificate) secured.getSession().getPeerCertificates()[0];
    assertThat(Hash.sha256(shown.getPublicKey().getEncoded())).isEqualTo(pin);
    secured.close();
  }

  @Test
  void certificate_thatIsOver_opensNoDoor() throws Exception {
    SelfSigned self = SelfSigned.until(Instant.now().minus(Duration.ofDays(1)));
    TlsCredentialFiles files = self.files(folder, self.pair().getPrivate());
    assertThatThrownBy(() -> open(tls(files)))
        .isInstanceOf(DoorException.class)
        .hasMessageContaining("renew it");
  }

  @Test
  void key_ofAnotherCertificate_opensNoDoor() throws Exception {
    SelfSigned self = SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    TlsCredentialFiles files = self.files(folder, SoftwareHost.newKeyPair().getPrivate());
    assertThatThrownBy(() -> open(tls(files)))
        .isInstanceOf(DoorException.class)
        .hasMessageContaining("must be the key of the first certificate");
  }

  @Test
  void file_thatIsMissing_opensNoDoor() {
    TlsCredentialFiles files =
        new TlsCredentialFiles(folder.resolve("no.pem"), folder.resolve("no-key.pem"));
    assertThatThrownBy(() -> open(tls(files))).isInstanceOf(DoorException.class);
  }

  @Test
  void operatorTls_withAClientCertificateOfARoot_servesTheOperator() throws Exception {
    SelfSigned operator = SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    Doors opened = open(mutual(operator.certificate()));
    int port = opened.operatorTlsPort().orElseThrow();
    try (HttpWire wire = HttpWire.tls(port, client(operator.keyManagers()), "TLSv1.3")) {
      assertThat(wire.get("/operator").status()).isEqualTo(200);
      DoorRequestsTest.problem(404, "not_found", wire.get("/thing"));
    }
    try (HttpWire wire = HttpWire.tcp(opened.plainPort().orElseThrow())) {
      DoorRequestsTest.problem(404, "not_found", wire.get("/operator"));
    }
  }

  @Test
  void operatorTls_withoutThatCertificate_answersNothing() throws Exception {
    SelfSigned operator = SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    SelfSigned stranger = SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    int port = open(mutual(operator.certificate())).operatorTlsPort().orElseThrow();
    for (SSLContext context : List.of(client(), client(stranger.keyManagers()))) {
      // In TLS 1.3 a client learns only after its own handshake that its certificate is refused.
      try (HttpWire wire = HttpWire.tls(port, context, "TLSv1.3")) {
        wire.send("GET /operator HTTP/1.1\r\nHost: writ\r\n\r\n");
        assertThat(wire.readOrEnd()).isEmpty();
      } catch (IOException e) {
        assertThat(e).isInstanceOfAny(SSLException.class, SocketException.class);
      }
    }
  }

  @Test
  void plainDoor_onAnotherThanALoopbackAddress_isNotOpened() {
    for (InetSocketAddress address :
        List.of(
            new InetSocketAddress("0.0.0.0", 0),
            new InetSocketAddress("192.0.2.1", 0),
            new InetSocketAddress("::", 0))) {
      assertThatThrownBy(
              () ->
                  open(
                      new DoorsConfig(
                          Optional.of(address),
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty(),
                          LIMITS)))
          .isInstanceOf(DoorException.class)
          .hasMessageContaining("loopback");
    }
  }

  @Test
  void metricsDoor_onAnotherThanALoopbackAddress_isNotOpened() {
    assertThatThrownBy(
            () ->
                open(
                    new DoorsConfig(
                        Optional.of(StubService.loopback()),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(new InetSocketAddress("0.0.0.0", 0)),
                        LIMITS)))
        .isInstanceOf(DoorException.class);
  }

  @Test
  void metricsDoor_onLoopback_servesMetricsAlone() throws Exception {
    Doors opened =
        open(
            new DoorsConfig(
                Optional.of(InetSocketAddress.createUnresolved("localhost", 0)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(StubService.loopback()),
                LIMITS));
    try (HttpWire wire = HttpWire.tcp(opened.metricsPort().orElseThrow())) {
      assertThat(wire.get("/metrics").status()).isEqualTo(200);
      DoorRequestsTest.problem(404, "not_found", wire.get("/thing"));
    }
  }

  @Test
  void port_thatIsTaken_isSaid() throws Exception {
    int port = open(StubService.plain(LIMITS)).plainPort().orElseThrow();
    DoorsConfig same =
        new DoorsConfig(
            Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            LIMITS);
    assertThatThrownBy(() -> Doors.open(same, service.routes(), service, CLOCK))
        .isInstanceOf(DoorException.class)
        .hasMessageContaining("plain door must open");
  }
}
