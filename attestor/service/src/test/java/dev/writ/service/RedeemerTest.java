// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.gateway.GatewayKey;
import dev.writ.gateway.Redeemer;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that asks a whole service for uses, and one whose connections fail it. */
@Timeout(60)
final class RedeemerTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Redeeming redeeming;
  private static Doors doors;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    redeeming = new Redeeming(deployment, host);
    doors =
        Doors.open(
            deployment.service(),
            new DoorsConfig(
                Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
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

  private static int port() {
    return doors.plainPort().orElseThrow();
  }

  private static URI at(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private static Redeemer redeemer(Duration patience, URI... services) {
    return new Redeemer(
        List.of(services),
        Optional.empty(),
        () -> BundleVerifier.of(deployment.trust()),
        new GatewayKey() {
          @Override
          public Hash kid() {
            return redeeming.gatewayKid();
          }

          @Override
          public byte[] sign(byte[] message) {
            return SoftwareKey.signP1363(deployment.gateway, message);
          }
        },
        patience,
        deployment.clock,
        new SecureRandom());
  }

  private static Presentation presentation(ProofBundle bundle) throws Exception {
    return Presentation.NOTHING
        .withAction(redeeming.action("/usr/bin/true"))
        .withPossession(redeeming.possession(bundle, redeeming.gatewayKid()));
  }

  private static Verdict verify(Redeemer redeemer, ProofBundle bundle) throws Exception {
    return redeemer.verify(bundle.toJson(), presentation(bundle), new SeenInMemory());
  }

  private static void assertDenied(DenialCode code, Verdict verdict) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).as(denied.reason()).isEqualTo(code));
  }

  private static long uses(ProofBundle bundle) throws Exception {
    UuidV7 jti = redeeming.byGateway(bundle).claims().jti();
    return deployment.service().ledger().uses(jti);
  }

  @Test
  void use_isAllowedOnce_withTheLeafInTheVerdict() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    Redeemer redeemer = redeemer(Duration.ofSeconds(10), at(port()));

    Verdict first = verify(redeemer, bundle);

    assertThat(first).isInstanceOf(Verdict.Allowed.class);
    assertThat(first.checks().get(first.checks().size() - 1).actual())
        .contains("taken at the service, leaf " + (deployment.leaves() - 1));
    assertDenied(DenialCode.REPLAYED, verify(redeemer, bundle));
    assertThatThrownBy(
            () -> redeemer.verify(bundle.toJson(), Presentation.NOTHING, new SeenInMemory()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatDoesNotHoldAnyway_asksNobody() throws Exception {
    ProofBundle bundle = redeeming.issueFor(Deployment.GATEWAY, 1);
    long leaves = deployment.leaves();
    assertDenied(
        DenialCode.SCOPE_EXCEEDED, verify(redeemer(Duration.ofSeconds(10), at(port())), bundle));
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void answerThatIsLost_isAskedForAgain_ofTheNextNode_andTakesOneUse() throws Exception {
    ProofBundle bundle = redeeming.issue(2);
    AtomicInteger asked = new AtomicInteger();
    try (Middle middle =
        new Middle(
            request ->
                switch (asked.incrementAndGet()) {
                  case 1 -> lost(request);
                  case 2 -> cutOff(forwarded(request));
                  default -> forwarded(request);
                })) {
      assertThat(verify(redeemer(Duration.ofSeconds(10), at(middle.port())), bundle))
          .isInstanceOf(Verdict.Allowed.class);
    }
    assertThat(asked.get()).isEqualTo(3);
    assertThat(uses(bundle)).isEqualTo(1);
    int nobody;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = closed.getLocalPort();
    }
    assertThat(verify(redeemer(Duration.ofSeconds(10), at(nobody), at(port())), bundle))
        .isInstanceOf(Verdict.Allowed.class);
    assertThat(uses(bundle)).isEqualTo(2);
  }

  @Test
  void nodeThatIsSilent_isWaitedForItsPartAlone_andNotAskedFirstAgain() throws Exception {
    ProofBundle bundle = redeeming.issue(2);
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      URI good = at(port());
      Redeemer redeemer =
          redeemer(Duration.ofSeconds(4), at(silent.getLocalPort()), good, good, good);
      assertThat(verify(redeemer, bundle)).isInstanceOf(Verdict.Allowed.class);
      assertThat(verify(redeemer, bundle)).isInstanceOf(Verdict.Allowed.class);
      silent.setSoTimeout(1);
      silent.accept().close();
      assertThatThrownBy(silent::accept).isInstanceOf(SocketTimeoutException.class);
    }
    assertThat(uses(bundle)).isEqualTo(2);
  }

  @Test
  void nodeThatAnswersByteByByte_holdsNobodyBeyondThePatience() throws Exception {
    try (Middle dripping = new Middle(20, request -> answer("201 Created", new byte[500]))) {
      assertDeniedInTime(dripping.port());
    }
  }

  @Test
  void nodeThatTakesNoConnection_holdsNobodyBeyondThePatience() throws Exception {
    try (FullServer full = new FullServer()) {
      assertDeniedInTime(full.port());
    }
  }

  private static void assertDeniedInTime(int port) throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    long begin = System.nanoTime();
    assertDenied(
        DenialCode.UNVERIFIABLE, verify(redeemer(Duration.ofMillis(300), at(port)), bundle));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
    assertThat(uses(bundle)).isZero();
  }

  @Test
  void serviceThatIsAwayOrSilentOrLies_allowsNothing() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      assertDeniedInTime(silent.getLocalPort());
    }
    ProofBundle bundle = redeeming.issue(3);
    RedemptionReceipt ofOther =
        ((RedemptionOutcome.Taken)
                Deployment.join(
                    deployment
                        .service()
                        .redemptions()
                        .redeem(bundle.toJson(), redeeming.byGateway(bundle).compact())))
            .receipt();
    try (Middle liar = new Middle(request -> answer("201 Created", ofOther.toJson()))) {
      assertDenied(
          DenialCode.LINEAGE_FRAGMENTED,
          verify(redeemer(Duration.ofSeconds(10), at(liar.port())), bundle));
    }
    try (Middle busy = new Middle(request -> answer("503 Busy", new byte[] {'{', '}'}))) {
      assertDenied(
          DenialCode.UNVERIFIABLE,
          verify(redeemer(Duration.ofMillis(200), at(busy.port())), bundle));
    }
    try (Middle strange = new Middle(request -> answer("200 OK", ofOther.toJson()))) {
      assertDenied(
          DenialCode.UNVERIFIABLE,
          verify(redeemer(Duration.ofMillis(200), at(strange.port())), bundle));
    }
  }

  /** What became of a request. */
  private interface Between {
    byte[] answer(byte[] request) throws IOException;
  }

  private static byte[] answer(String status, byte[] body) {
    byte[] head =
        ("HTTP/1.1 " + status + "\r\nContent-Length: " + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[head.length + body.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }

  private static byte[] forwarded(byte[] request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.getOutputStream().write(request);
      return received(socket.getInputStream());
    }
  }

  /** The service answers, and nobody hears it. */
  private static byte[] lost(byte[] request) throws IOException {
    assertThat(new String(forwarded(request), StandardCharsets.US_ASCII))
        .startsWith("HTTP/1.1 201");
    return new byte[0];
  }

  private static byte[] cutOff(byte[] answer) {
    return Arrays.copyOf(answer, answer.length - 10);
  }

  /** One message of HTTP with a length. */
  private static byte[] received(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith("\r\n\r\n")) {
      bytes.write(in.read());
      text = bytes.toString(StandardCharsets.ISO_8859_1);
    }
    int at = text.toLowerCase(Locale.ROOT).indexOf("content-length: ") + 16;
    bytes.write(in.readNBytes(Integer.parseInt(text.substring(at, text.indexOf("\r\n", at)))));
    return bytes.toByteArray();
  }

  /** Stands between a gateway and the service. */
  private static final class Middle implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());

    Middle(Between between) throws IOException {
      this(0, between);
    }

    /** Pausing after each byte, if at all. */
    Middle(int pauseMillis, Between between) throws IOException {
      Thread thread =
          new Thread(
              () -> {
                while (!server.isClosed()) {
                  try (Socket client = server.accept()) {
                    byte[] answer = between.answer(received(client.getInputStream()));
                    int part = pauseMillis == 0 ? answer.length : 1;
                    for (int at = 0; at < answer.length; at += part) {
                      client.getOutputStream().write(answer, at, part);
                      Thread.sleep(pauseMillis);
                    }
                  } catch (IOException | InterruptedException e) {
                    // The gateway went away, or the test is over.
                  }
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    int port() {
      return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  /** Its queue is full, so that whoever would connect is not answered. */
  private static final class FullServer implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<Socket> queue = new ArrayList<>();

    FullServer() throws IOException {
      try {
        while (queue.size() < 64) {
          Socket next = new Socket();
          queue.add(next);
          next.connect(server.getLocalSocketAddress(), 100);
        }
        throw new IOException("a queue of one must be full, holds " + queue.size());
      } catch (SocketTimeoutException e) {
        // Full.
      }
    }

    int port() {
      return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      for (Socket waiting : queue) {
        waiting.close();
      }
      server.close();
    }
  }
}
