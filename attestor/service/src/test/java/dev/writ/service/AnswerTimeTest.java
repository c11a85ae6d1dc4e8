// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service that does not come to an answer holds up nobody, and fills no log. */
@Timeout(60)
final class AnswerTimeTest {
  private static final String HELD =
      "POST /held HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n"
          + "Content-Length: 2\r\n\r\n{}";

  private final StubService service = new StubService();
  private Optional<Doors> doors = Optional.empty();

  @AfterEach
  void close() {
    service.release();
    doors.ifPresent(Doors::close);
  }

  @CanIgnoreReturnValue
  private Doors open(int requests, Optional<DoorsConfig.Rate> rate) throws Exception {
    DoorsConfig.Limits limits =
        new DoorsConfig.Limits(
            256 * 1024,
            16 * 1024,
            100,
            100,
            requests,
            1_000_000,
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            Duration.ofMillis(300),
            Duration.ofSeconds(2),
            rate,
            1);
    Doors opened =
        Doors.open(StubService.plain(limits), service.routes(), service, InstantSource.system());
    doors = Optional.of(opened);
    return opened;
  }

  private HttpWire connect() throws Exception {
    return HttpWire.tcp(doors.orElseThrow().plainPort().orElseThrow());
  }

  @Test
  void request_thatIsNeverAnswered_isUnavailable_andItsPlaceIsFree() throws Exception {
    Doors opened = open(1, Optional.empty());
    try (HttpWire wire = connect()) {
      wire.send(HELD);
      service.awaitHeld(1);
      assertThat(opened.requests()).isEqualTo(1);
      HttpWire.Response overdue = DoorRequestsTest.problem(503, "answer_overdue", wire.read());
      assertThat(overdue.header("retry-after")).isNotEmpty();
      assertThat(opened.requests()).isZero();
      // The one place is free, and the connection is good.
      assertThat(wire.get("/thing").status()).isEqualTo(200);
      // What comes too late is told to nobody, and gives back nothing twice.
      service.release();
      assertThat(wire.get("/thing").status()).isEqualTo(200);
      assertThat(opened.requests()).isZero();
    }
  }

  @Test
  void request_ofAClientThatIsGone_givesItsPlaceBackToo() throws Exception {
    Doors opened = open(1, Optional.empty());
    try (HttpWire gone = connect()) {
      gone.send(HELD);
      service.awaitHeld(1);
    }
    try (HttpWire wire = connect()) {
      while (opened.requests() > 0) {
        Thread.sleep(5);
      }
      assertThat(service.held).hasSize(1);
      assertThat(wire.get("/thing").status()).isEqualTo(200);
    }
  }

  private static long count(LogRecord record) {
    Object count = ((LogFields) record.getParameters()[0]).values().get("count");
    return Long.parseLong(String.valueOf(count));
  }

  @Test
  void requests_overTheirRate_areOneLineASecond() throws Exception {
    open(10, Optional.of(new DoorsConfig.Rate(1, 1)));
    try (Heard heard = new Heard();
        HttpWire wire = connect()) {
      int refused = 0;
      for (int i = 0; i < 200; i++) {
        if (wire.get("/thing").status() == 429) {
          refused++;
        }
      }
      long logged = 0;
      while (logged < refused) {
        Thread.sleep(20);
        logged = heard.of("rate_limited").stream().mapToLong(AnswerTimeTest::count).sum();
      }
      assertThat(refused).isGreaterThan(100);
      assertThat(logged).isEqualTo(refused);
      assertThat(heard.of("rate_limited")).hasSizeLessThan(20);
      assertThat(heard.of("refused")).isEmpty();
    }
  }
}
