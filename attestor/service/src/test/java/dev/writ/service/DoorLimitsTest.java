// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many connections, slow ones, broken ones: nobody holds up anybody else. */
@Timeout(120)
final class DoorLimitsTest {
  private static final String HEAD =
      "POST /echo HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n";

  private final StubService service = new StubService();
  private final List<HttpWire> wires = new ArrayList<>();
  private Optional<Doors> doors = Optional.empty();

  @AfterEach
  void close() throws Exception {
    service.release();
    for (HttpWire wire : wires) {
      wire.close();
    }
    doors.ifPresent(Doors::close);
  }

  /** Limits with a short life for connections. */
  static DoorsConfig.Limits limits(int connections, int requests, long buffered) {
    return new DoorsConfig.Limits(
        256 * 1024,
        16 * 1024,
        connections,
        connections,
        requests,
        buffered,
        Duration.ofMillis(1_500),
        Duration.ofMillis(500),
        Duration.ofSeconds(60),
        Duration.ofSeconds(2),
        Optional.empty(),
        2);
  }

  private static DoorsConfig.Limits limits() {
    return limits(1_000, 1_000, 1_000_000);
  }

  @CanIgnoreReturnValue
  private Doors open(DoorsConfig.Limits limits) throws Exception {
    Doors opened =
        Doors.open(StubService.plain(limits), service.routes(), service, InstantSource.system());
    doors = Optional.of(opened);
    return opened;
  }

  @CanIgnoreReturnValue
  private HttpWire connect() throws Exception {
    HttpWire wire = HttpWire.tcp(doors.orElseThrow().plainPort().orElseThrow());
    wires.add(wire);
    return wire;
  }

  private void servesOthers() throws Exception {
    long began = System.nanoTime();
    try (HttpWire other = HttpWire.tcp(doors.orElseThrow().plainPort().orElseThrow())) {
      assertThat(other.post("/echo", "{\"text\":\"a\"}").status()).isEqualTo(200);
    }
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(2));
  }

  private void awaitConnections(int most) throws InterruptedException {
    while (doors.orElseThrow().connections() > most) {
      Thread.sleep(10);
    }
  }

  @Test
  void body_thatComesByteByByte_isTooSlow() throws Exception {
    open(limits());
    HttpWire slow = connect().send(HEAD + "Content-Length: 1000\r\n\r\n");
    for (int i = 0; i < 5; i++) {
      slow.send(" ");
      Thread.sleep(50);
    }
    servesOthers();
    DoorRequestsTest.problem(408, "request_too_slow", slow.read());
    slow.awaitEnd();
  }

  @Test
  void header_thatComesByteByByte_isCutOff() throws Exception {
    open(limits());
    HttpWire slow = connect().send("GET /thing HTTP/1.1\r\n");
    long began = System.nanoTime();
    Thread dribbler =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < 400; i++) {
                  slow.send("X-" + i + ": y\r\n");
                  Thread.sleep(50);
                }
              } catch (Exception e) {
                // Cut off, as it must be.
              }
            });
    dribbler.start();
    servesOthers();
    slow.awaitEnd();
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(5));
    dribbler.interrupt();
    dribbler.join();
  }

  @Test
  void connection_withoutARequest_isClosed() throws Exception {
    open(limits());
    HttpWire idle = connect();
    idle.awaitEnd();
    awaitConnections(0);
  }

  @Test
  void connection_afterAnAnswer_livesOnUntilItIsIdle() throws Exception {
    open(limits());
    HttpWire wire = connect();
    HttpWire silent = connect();
    assertThat(wire.get("/thing").status()).isEqualTo(200);
    // Less than its time, and twice that is more.
    Thread.sleep(900);
    assertThat(wire.get("/thing").status()).isEqualTo(200);
    silent.awaitEnd();
    assertThat(wire.get("/thing").status()).isEqualTo(200);
    wire.awaitEnd();
  }

  @Test
  void request_thatTheServiceIsAt_isNotCutOff() throws Exception {
    open(limits());
    HttpWire wire = connect();
    wire.send(HEAD.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}");
    service.awaitHeld(1);
    // A connection that is younger is idle for too long meanwhile.
    connect().awaitEnd();
    service.release();
    assertThat(wire.read().text()).isEqualTo("{\"held\":true}");
    assertThat(wire.get("/thing").status()).isEqualTo(200);
  }

  @Test
  void connection_halfClosed_isAnAnswerOrAnEnd() throws Exception {
    open(limits());
    HttpWire whole = connect().send(HEAD + "Content-Length: 12\r\n\r\n{\"text\":\"a\"}");
    whole.halfClose();
    HttpWire cut = connect().send(HEAD + "Content-Length: 12\r\n\r\n{\"te");
    cut.halfClose();
    HttpWire begun = connect().send("GET /thi");
    begun.halfClose();
    servesOthers();
    for (HttpWire wire : List.of(whole, cut, begun)) {
      wire.awaitEnd();
    }
    awaitConnections(0);
    assertThat(doors.orElseThrow().requests()).isZero();
  }

  @Test
  void client_thatGoesAway_leavesNothingBehind() throws Exception {
    open(limits());
    HttpWire gone = connect();
    gone.send(HEAD.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}");
    service.awaitHeld(1);
    gone.close();
    awaitConnections(0);
    service.release();
    while (doors.orElseThrow().requests() > 0) {
      Thread.sleep(5);
    }
    servesOthers();
  }

  @Test
  void connections_fiveThousandIdle_holdUpNobody() throws Exception {
    DoorsConfig.Limits standard = DoorsConfig.Limits.standard().withRate(Optional.empty());
    open(standard);
    for (int i = 0; i < 5_000; i++) {
      connect();
    }
    while (doors.orElseThrow().connections() < 5_000) {
      Thread.sleep(10);
    }
    for (int i = 0; i < 20; i++) {
      servesOthers();
    }
    assertThat(wires.get(0).get("/thing").status()).isEqualTo(200);
    assertThat(wires.get(4_999).get("/thing").status()).isEqualTo(200);
  }

  @Test
  void connections_overTheirNumber_areClosed() throws Exception {
    open(limits(3, 10, 1_000_000));
    for (int i = 0; i < 3; i++) {
      assertThat(connect().get("/thing").status()).isEqualTo(200);
    }
    HttpWire over = connect();
    over.awaitEnd();
    assertThat(service.turnedAway).hasValue(1);
    assertThat(wires.get(0).get("/thing").status()).isEqualTo(200);
    wires.get(1).close();
    awaitConnections(2);
    assertThat(connect().get("/thing").status()).isEqualTo(200);
  }

  @Test
  void requests_overTheirNumber_areToldToComeAgain() throws Exception {
    open(limits(10, 2, 1_000_000));
    for (int i = 0; i < 2; i++) {
      connect().send(HEAD.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}");
    }
    service.awaitHeld(2);
    HttpWire over = connect();
    HttpWire.Response refused =
        DoorRequestsTest.problem(503, "overloaded", over.post("/echo", "{\"text\":\"a\"}"));
    assertThat(refused.header("retry-after")).isEqualTo("1");
    DoorRequestsTest.problem(503, "overloaded", over.get("/thing"));
    assertThat(over.get("/livez").status()).isEqualTo(200);
    service.release();
    assertThat(wires.get(0).read().status()).isEqualTo(200);
    assertThat(wires.get(1).read().status()).isEqualTo(200);
    assertThat(over.post("/echo", "{\"text\":\"a\"}").status()).isEqualTo(200);
  }

  @Test
  void bodies_overTheirBytes_areToldToComeAgain() throws Exception {
    open(limits(10, 10, 50_000));
    HttpWire first = connect().send(HEAD + "Content-Length: 45000\r\n\r\n" + " ".repeat(44_000));
    while (doors.orElseThrow().buffered() < 44_000) {
      Thread.sleep(5);
    }
    HttpWire second = connect();
    second.send(HEAD + "Content-Length: 20000\r\n\r\n" + " ".repeat(20_000));
    DoorRequestsTest.problem(503, "overloaded", second.read());
    first.close();
    awaitConnections(1);
    HttpWire third = connect();
    third.send(HEAD + "Content-Length: 40000\r\n\r\n" + " ".repeat(40_000));
    DoorRequestsTest.problem(400, "malformed", third.read());
  }

  @Test
  void rate_ofOneAddress_isBounded() throws Exception {
    open(limits().withRate(Optional.of(new DoorsConfig.Rate(2, 3))));
    HttpWire wire = connect();
    for (int i = 0; i < 3; i++) {
      assertThat(wire.get("/thing").status()).isEqualTo(200);
    }
    HttpWire.Response refused =
        DoorRequestsTest.problem(429, "rate_limited", wire.post("/echo", "{\"text\":\"a\"}"));
    assertThat(refused.header("retry-after")).isEqualTo("1");
    assertThat(wire.get("/livez").status()).isEqualTo(200);
    HttpWire.Response again = wire.get("/thing");
    while (again.status() == 429) {
      Thread.sleep(50);
      again = wire.get("/thing");
    }
    assertThat(again.status()).isEqualTo(200);
  }

  @Test
  void close_withARequestUnderWay_answersIt() throws Exception {
    Doors closing = open(limits());
    HttpWire underWay = connect();
    underWay.send(HEAD.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}");
    HttpWire idle = connect();
    service.awaitHeld(1);
    int port = closing.plainPort().orElseThrow();
    Thread closer = new Thread(closing::close);
    closer.start();
    idle.awaitEnd();
    assertThat(acceptsAt(port)).isFalse();
    assertThat(closer.isAlive()).isTrue();
    service.release();
    assertThat(underWay.read().text()).isEqualTo("{\"held\":true}");
    underWay.awaitEnd();
    closer.join();
  }

  @Test
  void close_withARequestThatNeverEnds_waitsNoLongerThanItMay() throws Exception {
    Doors closing = open(limits());
    HttpWire underWay = connect();
    underWay.send(HEAD.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}");
    service.awaitHeld(1);
    long began = System.nanoTime();
    closing.close();
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(4));
    underWay.awaitEnd();
  }

  private static boolean acceptsAt(int port) {
    try (HttpWire wire = HttpWire.tcp(port)) {
      return wire.get("/thing").status() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
