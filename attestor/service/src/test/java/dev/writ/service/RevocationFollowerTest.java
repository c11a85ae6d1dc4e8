// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.SeenOnDisk;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.gateway.Dropped;
import dev.writ.gateway.FollowerListener;
import dev.writ.gateway.GatewayTrust;
import dev.writ.gateway.RevocationFollower;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that follows a whole service, and the same by connections on which somebody else writes what
 * the service wrote: again, in another order, cut off, of another log.
 */
@Timeout(60)
final class RevocationFollowerTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static Doors doors;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    doors = open(0);
  }

  private static Doors open(int port) throws Exception {
    return Doors.open(
        deployment.service(),
        new DoorsConfig(
            Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            DoorsConfig.Limits.standard()),
        InstantSource.system());
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  /** A gateway, and what it heard. */
  private static final class Gateway implements FollowerListener, AutoCloseable {
    private final BlockingQueue<Long> withdrawn = new LinkedBlockingQueue<>();
    private final BlockingQueue<StatusToken> tokens = new LinkedBlockingQueue<>();
    private final BlockingQueue<Dropped> dropped = new LinkedBlockingQueue<>();
    private final BlockingQueue<URI> connected = new LinkedBlockingQueue<>();
    private final BlockingQueue<URI> caughtUp = new LinkedBlockingQueue<>();
    private final Seen seen;
    private final RevocationFollower follower;

    Gateway(int port, Seen seen) {
      this(List.of(URI.create("http://127.0.0.1:" + port)), seen);
    }

    Gateway(List<URI> services, Seen seen) {
      this(services, deployment.trust(), seen);
    }

    Gateway(List<URI> services, TrustFile trust, Seen seen) {
      this.seen = seen;
      this.follower =
          new RevocationFollower(
              services,
              Optional.empty(),
              GatewayTrust.of(trust, BundleVerifier::of),
              seen,
              deployment.clock,
              this);
      follower.start();
    }

    @Override
    public void connected(URI service) {
      connected.add(service);
    }

    @Override
    public void caughtUp(URI service) {
      caughtUp.add(service);
    }

    @Override
    public void withdrawn(RevocationVerdict.Believed revocation) {
      withdrawn.add(revocation.index());
    }

    @Override
    public void learnt(StatusToken newest) {
      tokens.add(newest);
    }

    @Override
    public void dropped(Dropped why, String reason) {
      dropped.add(why);
    }

    long awaitWithdrawn() throws InterruptedException {
      return await(withdrawn);
    }

    static <T> T await(BlockingQueue<T> queue) throws InterruptedException {
      T found = queue.poll(20, TimeUnit.SECONDS);
      assertThat(found).isNotNull();
      return found;
    }

    boolean denies(ProofBundle bundle) {
      return deployment.verdict(bundle, seen) instanceof Verdict.Denied denied
          && denied.code() == DenialCode.REVOKED;
    }

    @Override
    public void close() {
      follower.close();
    }
  }

  private static ProofBundle bundle() throws Exception {
    return Deployment.bundle(deployment.attest(host));
  }

  private static long revoke(ProofBundle bundle) throws Exception {
    RevocationOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(
                    Deployment.claims(new IssuanceOutcome.Issued(bundle)).jti(),
                    RevocationReason.CEASED));
    assertThat(outcome).isInstanceOf(RevocationOutcome.Revoked.class);
    return ((RevocationOutcome.Revoked) outcome).leafIndex();
  }

  private static int port() {
    return doors.plainPort().orElseThrow();
  }

  /** What the service writes on a stream that goes on after {@code last}, until it wrote this. */
  private static String written(long last, String until) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET /v1/revocations/stream HTTP/1.1\r\nHost: w\r\nLast-Event-ID: "
                      + last
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      StringBuilder events = new StringBuilder();
      boolean found = false;
      for (String line = lines.readLine(); !found || !line.isEmpty(); line = lines.readLine()) {
        if (line.matches("(id|event|data): .*")) {
          events.append(line).append(line.startsWith("data: ") ? "\n\n" : "\n");
        }
        found |= line.equals(until);
      }
      return events.append('\n').toString();
    }
  }

  /** Writes to each that follows what it is given, and ends the connection; then nothing more. */
  private static final class Imposter implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final List<String> asked = new ArrayList<>();

    Imposter(String... answers) throws IOException {
      Thread thread = new Thread(() -> serve(answers), "imposter");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve(String[] answers) {
      int next = 0;
      while (!socket.isClosed()) {
        try (Socket client = socket.accept()) {
          BufferedReader in =
              new BufferedReader(
                  new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
          StringBuilder request = new StringBuilder();
          for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            request.append(line).append('\n');
          }
          if (!request.toString().startsWith("GET /v1/revocations/")) {
            client
                .getOutputStream()
                .write(
                    "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
            continue;
          }
          if (next == answers.length) {
            continue;
          }
          synchronized (asked) {
            asked.add(request.toString());
          }
          byte[] body = answers[next++].getBytes(StandardCharsets.UTF_8);
          if (answers[next - 1].startsWith("HTTP/1.1 ")) {
            client.getOutputStream().write(body);
            continue;
          }
          client
              .getOutputStream()
              .write(
                  ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + Integer.toHexString(body.length)
                          + "\r\n")
                      .getBytes(StandardCharsets.US_ASCII));
          client.getOutputStream().write(body);
          client.getOutputStream().write("\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
          // The gateway gave it up, or the test is over.
        }
      }
    }

    int port() {
      return socket.getLocalPort();
    }

    List<String> asked() {
      synchronized (asked) {
        return List.copyOf(asked);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }

  @Test
  void gateway_thatFollows_deniesWhatIsWithdrawn_andOnDiskAfterARestart() throws Exception {
    ProofBundle bundle = bundle();
    Path memory = folder.resolve("seen");
    try (Gateway gateway = new Gateway(port(), SeenOnDisk.open(memory, deployment.clock))) {
      assertThat(Gateway.await(gateway.tokens)).isNotNull();
      assertThat(gateway.denies(bundle)).isFalse();

      long leaf = revoke(bundle);

      assertThat(gateway.awaitWithdrawn()).isEqualTo(leaf);
      assertThat(gateway.denies(bundle)).isTrue();
      assertThat(gateway.dropped).isEmpty();
    }
    Seen again = SeenOnDisk.open(memory, deployment.clock);
    assertThat(deployment.verdict(bundle, again))
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.REVOKED));
  }

  @Test
  void streamThatIsCut_goesOnFromWhereItWas() throws Exception {
    try (Gateway gateway = new Gateway(port(), new SeenInMemory())) {
      assertThat(Gateway.await(gateway.tokens)).isNotNull();
      long first = revoke(bundle());
      assertThat(gateway.awaitWithdrawn()).isEqualTo(first);

      int at = port();
      doors.close();
      long missed = revoke(bundle());
      doors = open(at);

      assertThat(gateway.awaitWithdrawn()).isEqualTo(missed);
      assertThat(gateway.connected).hasSize(2);
    }
  }

  @Test
  void events_againAndInAnotherOrder_areCounted_andWithdrawNoLess() throws Exception {
    long before = deployment.service().ledger().size() - 1;
    ProofBundle one = bundle();
    ProofBundle other = bundle();
    long first = revoke(one);
    long second = revoke(other);
    String[] events = written(before, "id: " + second).split("(?<=\n\n)", -1);
    List<String> pushed = new ArrayList<>(List.of(events));
    pushed.removeIf(event -> !event.startsWith("id: "));
    assertThat(pushed).hasSize(2);
    String reordered = pushed.get(1) + pushed.get(0) + pushed.get(1);
    try (Imposter imposter = new Imposter(reordered, "");
        Gateway gateway = new Gateway(imposter.port(), new SeenInMemory())) {
      assertThat(gateway.awaitWithdrawn()).isEqualTo(second);
      assertThat(gateway.awaitWithdrawn()).isEqualTo(first);
      assertThat(Gateway.await(gateway.dropped)).isEqualTo(Dropped.REORDERED);
      assertThat(Gateway.await(gateway.dropped)).isEqualTo(Dropped.REPLAYED);
      assertThat(gateway.withdrawn).isEmpty();
      // What came last in the log counts, whatever came last on the wire.
      await(() -> imposter.asked().size() > 1);
      assertThat(imposter.asked().get(1)).contains("Last-Event-ID: " + second + "\n");
    }
  }

  @Test
  void events_thatProveNothing_areDropped_andWhatFollowsThemIsBelieved() throws Exception {
    long before = deployment.service().ledger().size() - 1;
    long leaf = revoke(bundle());
    String good = written(before, "id: " + leaf);
    String event = good.substring(good.indexOf("id: " + leaf));
    event = event.substring(0, event.indexOf("\n\n") + 2);
    String forged = event.replaceFirst("index [0-9]+", "index 0");
    String otherLog = event.replaceFirst("\\\\n\\\\n([^\\\\]+)", "\\\\n\\\\nother.example/log");
    assertThat(List.of(forged, otherLog)).doesNotContain(event);
    String answer =
        "event: status\ndata: x.y.z\n\n"
            + "event: revocation\ndata: {}\n\n"
            + "event: other\ndata: x\n\n"
            + forged
            + otherLog
            + event;
    try (Imposter imposter = new Imposter(answer);
        Gateway gateway = new Gateway(imposter.port(), new SeenInMemory())) {
      assertThat(gateway.awaitWithdrawn()).isEqualTo(leaf);
      assertThat(gateway.follower.dropped())
          .containsEntry(Dropped.GOVERNANCE_DISCONTINUITY, 1L)
          .containsEntry(Dropped.UNVERIFIABLE, 2L)
          .containsEntry(Dropped.LINEAGE_FRAGMENTED, 2L);
    }
  }

  /** A place that nobody proved would leave out all that comes until there. */
  @Test
  void serviceThatBeginsBehindWhatItsTokensKnow_isLeft_andItsPlaceIsNotGoneOnFrom()
      throws Exception {
    String token = deployment.service().statusTokens().token(0).orElseThrow();
    String answer = "id: 9999999999999\n\nevent: status\ndata: " + token + "\n\n";
    try (Imposter imposter = new Imposter(answer, answer);
        Gateway gateway = new Gateway(imposter.port(), new SeenInMemory())) {
      await(() -> imposter.asked().size() > 1);
      assertThat(imposter.asked().get(1)).doesNotContain("Last-Event-ID");
      assertThat(Gateway.await(gateway.dropped)).isEqualTo(Dropped.GOVERNANCE_DISCONTINUITY);
      assertThat(gateway.caughtUp).isEmpty();
    }
  }

  @Test
  void serviceThatHasNotThePlaceToGoOnFrom_isAskedAnew() throws Exception {
    long before = deployment.service().ledger().size() - 1;
    long leaf = revoke(bundle());
    String good = written(before, "id: " + leaf);
    try (Imposter imposter = new Imposter(good, "HTTP/1.1 409 X\r\nContent-Length: 0\r\n\r\n", "");
        Gateway gateway = new Gateway(imposter.port(), new SeenInMemory())) {
      assertThat(gateway.awaitWithdrawn()).isEqualTo(leaf);
      await(() -> imposter.asked().size() > 2);
      assertThat(imposter.asked().get(1)).contains("Last-Event-ID: " + leaf + "\n");
      assertThat(imposter.asked().get(2)).doesNotContain("Last-Event-ID");
    }
  }

  /** Beats and a token that grows old are no reason to stay. */
  @Test
  void serviceThatShowsLifeAndNoNewerToken_isLeftForTheNext() throws Exception {
    String token = deployment.service().statusTokens().token(0).orElseThrow();
    try (ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> beat(socket, "event: status\ndata: " + token + "\n\n"));
      thread.setDaemon(true);
      thread.start();
      try (Gateway gateway =
          new Gateway(
              List.of(
                  URI.create("http://127.0.0.1:" + socket.getLocalPort()),
                  URI.create("http://127.0.0.1:" + port())),
              new SeenInMemory())) {
        assertThat(Gateway.await(gateway.connected).getPort()).isEqualTo(socket.getLocalPort());
        assertThat(Gateway.await(gateway.tokens).compact()).isEqualTo(token);

        deployment.clock.advance(
            deployment.trust().content().status().orElseThrow().maxAge().dividedBy(2));

        assertThat(Gateway.await(gateway.connected).getPort()).isEqualTo(port());
        assertThat(Gateway.await(gateway.caughtUp).getPort()).isEqualTo(port());
      }
    }
  }

  /** It says a byte of everything at a time: of events that never end, then of a token that is pulled. */
  @Test
  void serviceThatSaysEverythingByteByByte_isLeftForTheNext_whenItsTimeIsOver() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> drip(socket), "dripping");
      thread.setDaemon(true);
      thread.start();
      URI dripping = URI.create("http://127.0.0.1:" + socket.getLocalPort());
      URI good = URI.create("http://127.0.0.1:" + port());
      try (Gateway gateway =
          new Gateway(
              List.of(dripping, good), believedFor(Duration.ofSeconds(1)), new SeenInMemory())) {
        assertThat(Gateway.await(gateway.connected)).isEqualTo(dripping);
        assertThat(Gateway.await(gateway.dropped)).isEqualTo(Dropped.GOVERNANCE_DISCONTINUITY);
        assertThat(Gateway.await(gateway.tokens)).isNotNull();
        assertThat(Gateway.await(gateway.connected)).isEqualTo(good);
      }
    }
  }

  /** The trust file, by which a status token is good for so long. */
  private static TrustFile believedFor(Duration maxAge) {
    TrustContent content = deployment.trust().content();
    return TrustFile.of(
        new TrustContent(
            content.issuer(),
            content.version(),
            content.previous(),
            content.assurance(),
            content.keys(),
            content.logPolicy(),
            content.status().map(source -> new StatusSource(source.uri(), maxAge)),
            content.skew(),
            content.tls(),
            content.policyApprovers(),
            content.gateways(),
            content.operators()),
        List.of());
  }

  private static void drip(ServerSocket socket) {
    while (!socket.isClosed()) {
      try (Socket client = socket.accept()) {
        client
            .getOutputStream()
            .write(
                "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        while (true) {
          client.getOutputStream().write(':');
          Thread.sleep(20);
        }
      } catch (IOException e) {
        // The gateway left.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void beat(ServerSocket socket, String first) {
    try (Socket client = socket.accept()) {
      byte[] head =
          "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII);
      client.getOutputStream().write(head);
      for (String next = first; ; next = ":\n\n") {
        client
            .getOutputStream()
            .write(
                (Integer.toHexString(next.length()) + "\r\n" + next + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException e) {
      // The gateway left.
    }
  }

  @Test
  void event_thatIsCutOffOrTooLarge_endsTheConnection_andIsCounted() throws Exception {
    try (Imposter imposter =
            new Imposter(
                "event: revocation\ndata: {", "data: " + "x".repeat(200_000) + "\n\n", "");
        Gateway gateway = new Gateway(imposter.port(), new SeenInMemory())) {
      assertThat(Gateway.await(gateway.dropped)).isEqualTo(Dropped.TRUNCATED);
      await(() -> gateway.follower.dropped().containsKey(Dropped.TOO_LARGE));
      assertThat(gateway.withdrawn).isEmpty();
    }
  }

  @Test
  void gatewayToWhichNobodyPushes_pullsTokens() throws Exception {
    String compact = deployment.service().statusTokens().token(0).orElseThrow();
    try (ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      Thread thread =
          new Thread(
              () -> {
                while (!socket.isClosed()) {
                  try (Socket client = socket.accept()) {
                    byte[] request = new byte[256];
                    int read = client.getInputStream().read(request);
                    boolean pulled =
                        new String(request, 0, read, StandardCharsets.US_ASCII)
                            .startsWith("GET /status/0 ");
                    String body = pulled ? compact : "";
                    client
                        .getOutputStream()
                        .write(
                            ("HTTP/1.1 "
                                    + (pulled ? 200 : 503)
                                    + " X\r\nContent-Length: "
                                    + body.length()
                                    + "\r\n\r\n"
                                    + body)
                                .getBytes(StandardCharsets.US_ASCII));
                  } catch (IOException e) {
                    // The test is over.
                  }
                }
              });
      thread.setDaemon(true);
      thread.start();
      try (Gateway gateway = new Gateway(socket.getLocalPort(), new SeenInMemory())) {
        assertThat(Gateway.await(gateway.tokens).compact()).isEqualTo(compact);
        assertThat(gateway.connected).isEmpty();
      }
    }
  }

  @Test
  void service_thatIsNeitherSecureNorOnThisMachine_isRefused() {
    for (String bad : List.of("ftp://127.0.0.1", "https://127.0.0.1", "http://127.0.0.1/x")) {
      assertThatThrownBy(
              () ->
                  new RevocationFollower(
                      List.of(URI.create(bad)),
                      Optional.empty(),
                      GatewayTrust.of(deployment.trust(), BundleVerifier::of),
                      new SeenInMemory(),
                      deployment.clock,
                      FollowerListener.NONE))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
