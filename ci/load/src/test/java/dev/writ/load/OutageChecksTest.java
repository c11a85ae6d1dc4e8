// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.load.OutageChecks.Outage;
import dev.writ.load.OutageChecks.Seen;
import dev.writ.load.OutageChecks.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The outage's checks find what they are there to find: each fault is planted once. */
class OutageChecksTest {
  private static final long BEGUN = TimeUnit.SECONDS.toNanos(100);
  private static final int RETURNED = 1_000;
  private static final int BACK = 1_400;
  private static final int END = 4_000;
  private static final Exchange.Refusal CLEAN =
      new Exchange.Refusal(
          503,
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\r\n",
          "{\"code\":\"unverifiable\",\"status\":503}");

  private final List<Exchange> exchanges = new ArrayList<>();
  private final List<ServiceSample> samples = new ArrayList<>();
  private final List<ReadySample> readiness = new ArrayList<>();
  private final ServiceSample before = sample(-50, true, 3, 0);

  /** An outage of a second, of which all holds; times are in milliseconds since its beginning. */
  OutageChecksTest() {
    for (int due = 0; due < END; due += 100) {
      exchanges.add(due < BACK ? refused(due, due + 5, CLEAN) : issued(due, due + 5));
      samples.add(sample(due + 50, due >= BACK, due < BACK ? 3 : 4, 2));
      readiness.add(new ReadySample(at(due + 50), due >= BACK));
    }
  }

  @Test
  void outage_ofWhichAllHolds_hasNoProblems() {
    Verdict verdict = judge(Duration.ZERO, true);
    assertThat(verdict.problems()).isEmpty();
    assertThat(verdict.figures())
        .isEqualTo(
            "26 issued, 14 refused: while away p99 5 ms, longest 5 ms, before 5 ms; an artifact 405"
                + " ms after it was back; at most 2 waited");
  }

  @Test
  void refusal_thatIsNotClean_isFound() {
    for (Exchange.Refusal refusal :
        List.of(
            new Exchange.Refusal(500, CLEAN.head(), CLEAN.body()),
            new Exchange.Refusal(503, "HTTP/1.1 503 Any\r\n\r\n", CLEAN.body()),
            new Exchange.Refusal(503, CLEAN.head(), "{\"code\":\"replayed\",\"status\":503}"),
            new Exchange.Refusal(503, CLEAN.head(), ""))) {
      exchanges.set(3, refused(300, 305, refusal));
      assertThat(judge(Duration.ZERO, true).problems())
          .singleElement()
          .asString()
          .startsWith("a refusal must be 503 unverifiable in problem+json, was ");
    }
  }

  @Test
  void refusal_thatIsLateWhileTheTokenIsKnownToBeAway_isFound() {
    exchanges.set(3, refused(300, 1_301, CLEAN));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "an answer must come within 1000 ms while the token is away, came after 1001 ms");
    assertThat(judge(Duration.ofSeconds(2), true).problems()).hasSize(1);
  }

  @Test
  void artifact_forWhichTheTokenWasWaitedFor_isFound() {
    exchanges.set(3, issued(300, 1_301));
    assertThat(judge(Duration.ofSeconds(2), true).problems())
        .containsExactly(
            "an answer must come within 1000 ms while the token is away, came after 1001 ms");
  }

  @Test
  void refusal_thatIsLateBeforeTheServiceCouldKnow_mayWaitForTheReturn() {
    exchanges.set(0, refused(0, 2_000, CLEAN));
    assertThat(judge(Duration.ofSeconds(2), true).problems()).isEmpty();
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "an answer must come within 1000 ms before that is known, came after 2000 ms");
    exchanges.set(0, refused(0, 2_001, CLEAN));
    assertThat(judge(Duration.ofSeconds(2), true).problems())
        .containsExactly(
            "an answer must come within 2000 ms before that is known, came after 2001 ms");
  }

  @Test
  void service_thatDoesNotComeBack_isFound() {
    exchanges.removeIf(Exchange::isIssued);
    samples.removeIf(ServiceSample::connected);
    readiness.removeIf(ReadySample::ready);
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "an artifact must be issued within 3000 ms of the token's return, was not",
            "writ_token_connected must be 1 in the end, was 0",
            "writ_token_reconnections must rise, was and is 3",
            "/readyz must be 200 in the end, was not");
  }

  @Test
  void service_thatComesBackLate_isFound() {
    exchanges.removeIf(Exchange::isIssued);
    exchanges.add(issued(3_900, 4_001));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "an artifact must be issued within 3000 ms of the token's return, was after 3001 ms");
  }

  @Test
  void success_askedForBeforeTheReturn_isNotTheServiceBeingBack() {
    exchanges.removeIf(Exchange::isIssued);
    exchanges.add(issued(900, 1_001));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "an artifact must be issued within 3000 ms of the token's return, was not");
  }

  @Test
  void refusal_afterTheServiceWasBack_isFound() {
    exchanges.set(30, refused(3_000, 3_005, CLEAN));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly("nothing must be refused after the first artifact, 1 were");
  }

  @Test
  void outage_thatMetricsAndReadinessDoNotSay_isFound() {
    samples.replaceAll(each -> new ServiceSample(each.at(), true, each.reconnections(), 0));
    readiness.replaceAll(each -> new ReadySample(each.at(), true));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly(
            "writ_token_connected must be 0 until the token is back, was 1",
            "/readyz must be 503 while the token is away, was 200");
    assertThat(judge(Duration.ZERO, false).problems()).as("too short to be seen").isEmpty();
  }

  @Test
  void connection_thatIsSaidToHoldInBetween_isFound() {
    samples.set(5, sample(550, true, 3, 0));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly("writ_token_connected must be 0 until the token is back, was 1");
  }

  @Test
  void outage_inWhichNobodyWasRefused_isFound() {
    exchanges.replaceAll(each -> new Exchange(each.dueAt(), each.answeredAt(), Optional.empty()));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly("who asks while the token is away must be refused, and nobody was");
  }

  @Test
  void queue_thatGrows_isFound() {
    samples.set(5, sample(550, false, 3, 11));
    assertThat(judge(Duration.ZERO, true).problems())
        .containsExactly("at most 10 must wait for a thread, 11 did");
    assertThat(judge(Duration.ofSeconds(2), true).problems()).isEmpty();
    samples.set(5, sample(550, false, 3, 31));
    assertThat(judge(Duration.ofSeconds(2), true).problems()).hasSize(1);
  }

  @Test
  void sample_isReadFromMetrics() throws IOException {
    assertThat(
            ServiceSample.of(
                7,
                """
                # TYPE writ_token_connected gauge
                writ_token_connected 1.0
                writ_token_reconnections_total 12.0
                writ_pool_waiting{pool="appraisal"} 4.0
                writ_pool_waiting{pool="hsm"} 1034.0
                """))
        .isEqualTo(new ServiceSample(7, true, 12, 1034));
  }

  private Verdict judge(Duration unnoticed, boolean isSeen) {
    return OutageChecks.judge(
        new Outage(BEGUN, at(RETURNED), at(END), unnoticed, isSeen, 10),
        new Seen(exchanges, before, samples, readiness));
  }

  private static long at(int millis) {
    return BEGUN + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static Exchange issued(int due, int answered) {
    return new Exchange(at(due), at(answered), Optional.empty());
  }

  private static Exchange refused(int due, int answered, Exchange.Refusal refusal) {
    return new Exchange(at(due), at(answered), Optional.of(refusal));
  }

  private static ServiceSample sample(int at, boolean connected, long reconnections, long waiting) {
    return new ServiceSample(at(at), connected, reconnections, waiting);
  }
}
