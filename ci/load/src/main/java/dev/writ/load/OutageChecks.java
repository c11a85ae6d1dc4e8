// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** What must hold of a service under load while its token is away, and once it is back. */
final class OutageChecks {
  /** Within it each is answered once the service knows that the token is away. */
  static final Duration ANSWERED_WITHIN = Duration.ofSeconds(1);

  /** Within it an artifact is issued again. */
  static final Duration BACK_WITHIN = Duration.ofSeconds(3);

  private OutageChecks() {}

  /**
   * One outage, with times on {@link System#nanoTime}'s scale.
   *
   * @param begun when it began
   * @param returned when the token was back
   * @param end when nothing more was looked at
   * @param unnoticed how long the service need not know
   * @param isSeen whether it lasts long enough to be seen by who asks now and then
   * @param perSecond exchanges that were begun in a second
   */
  record Outage(
      long begun, long returned, long end, Duration unnoticed, boolean isSeen, double perSecond) {}

  /**
   * What was seen meanwhile, in the order of time.
   *
   * @param exchanges all that were due
   * @param before the last sample before
   */
  record Seen(
      List<Exchange> exchanges,
      ServiceSample before,
      List<ServiceSample> samples,
      List<ReadySample> readiness) {}

  /**
   * What came of it.
   *
   * @param figures in words
   * @param problems what does not hold, in words; empty if all holds
   */
  record Verdict(String figures, List<String> problems) {}

  static Verdict judge(Outage outage, Seen seen) {
    List<String> problems = new ArrayList<>();
    List<Exchange> refused = seen.exchanges().stream().filter(each -> !each.isIssued()).toList();
    refused.stream()
        .map(each -> each.refusal().orElseThrow())
        .filter(each -> !isClean(each))
        .findFirst()
        .ifPresent(
            each ->
                problems.add(
                    "a refusal must be 503 unverifiable in problem+json, was "
                        + each.head()
                        + each.body()));
    Optional<ServiceSample> away =
        seen.samples().stream().filter(each -> !each.connected()).findFirst();
    // Where nobody saw it, there was nothing that the service had to notice.
    long known = away.map(ServiceSample::at).orElse(outage.begun());
    List<Long> late = times(refused.stream().filter(each -> each.dueAt() >= known).toList());
    List<Long> early = times(refused.stream().filter(each -> each.dueAt() < known).toList());
    requireWithin("while the token is away", late, ANSWERED_WITHIN, problems);
    // What is issued all the same must not have waited for the token either.
    requireWithin(
        "while the token is away",
        times(
            seen.exchanges().stream()
                .filter(each -> each.isIssued() && each.dueAt() >= known)
                .filter(each -> each.dueAt() < outage.returned())
                .toList()),
        ANSWERED_WITHIN,
        problems);
    // Who asked before the service could know waits for the call that hangs.
    requireWithin(
        "before that is known",
        early,
        outage.unnoticed().isZero()
            ? ANSWERED_WITHIN
            : ANSWERED_WITHIN.plusNanos(outage.returned() - outage.begun()),
        problems);
    OptionalLong success = firstSuccess(outage, seen.exchanges());
    requireBack(outage, refused, success, problems);
    requireSaid(outage, seen, away, problems);
    long waiting = seen.samples().stream().mapToLong(ServiceSample::waiting).max().orElse(0);
    double room =
        outage.perSecond() * outage.unnoticed().plus(ANSWERED_WITHIN).toMillis() / 1_000.0;
    if (waiting > room) {
      problems.add(
          String.format(Locale.ROOT, "at most %.0f must wait for a thread, %d did", room, waiting));
    }
    return new Verdict(
        String.format(
            Locale.ROOT,
            "%d issued, %d refused: while away p99 %d ms, longest %d ms, before %d ms; an artifact"
                + " %s ms after it was back; at most %d waited",
            seen.exchanges().size() - refused.size(),
            refused.size(),
            percentile99(late),
            longest(late),
            longest(early),
            success.isPresent() ? millis(success.getAsLong() - outage.returned()) : "not any",
            waiting),
        problems);
  }

  private static boolean isClean(Exchange.Refusal refusal) {
    return refusal.status() == 503
        && refusal
            .head()
            .toLowerCase(Locale.ROOT)
            .contains("\r\ncontent-type: application/problem+json\r\n")
        && refusal.body().contains("\"code\":\"unverifiable\"")
        && refusal.body().contains("\"status\":503");
  }

  private static void requireWithin(
      String when, List<Long> millis, Duration limit, List<String> problems) {
    if (longest(millis) > limit.toMillis()) {
      problems.add(
          String.format(
              "an answer must come within %d ms %s, came after %d ms",
              limit.toMillis(), when, longest(millis)));
    }
  }

  /** When the first was issued that was asked for once the token was back. */
  private static OptionalLong firstSuccess(Outage outage, List<Exchange> exchanges) {
    return exchanges.stream()
        .filter(each -> each.isIssued() && each.dueAt() >= outage.returned())
        .mapToLong(Exchange::answeredAt)
        .min();
  }

  private static void requireBack(
      Outage outage, List<Exchange> refused, OptionalLong success, List<String> problems) {
    if (success.isEmpty()
        || millis(success.getAsLong() - outage.returned()) > BACK_WITHIN.toMillis()) {
      problems.add(
          "an artifact must be issued within "
              + BACK_WITHIN.toMillis()
              + " ms of the token's return, was "
              + (success.isEmpty()
                  ? "not"
                  : "after " + millis(success.getAsLong() - outage.returned()) + " ms"));
    } else {
      long after = refused.stream().filter(each -> each.dueAt() > success.getAsLong()).count();
      if (after > 0) {
        problems.add("nothing must be refused after the first artifact, " + after + " were");
      }
    }
  }

  private static void requireSaid(
      Outage outage, Seen seen, Optional<ServiceSample> away, List<String> problems) {
    if (seen.samples().isEmpty() || seen.readiness().isEmpty()) {
      problems.add("the service must say how it is, and was not asked");
      return;
    }
    ServiceSample last = seen.samples().get(seen.samples().size() - 1);
    if (!last.connected()) {
      problems.add("writ_token_connected must be 1 in the end, was 0");
    }
    if (last.reconnections() <= seen.before().reconnections()) {
      problems.add("writ_token_reconnections must rise, was and is " + last.reconnections());
    }
    if (!seen.readiness().get(seen.readiness().size() - 1).ready()) {
      problems.add("/readyz must be 200 in the end, was not");
    }
    if (!outage.isSeen()) {
      return;
    }
    if (away.isEmpty()
        || seen.samples().stream()
            .anyMatch(
                each ->
                    each.connected()
                        && each.at() > away.get().at()
                        && each.at() < outage.returned())) {
      problems.add("writ_token_connected must be 0 until the token is back, was 1");
    }
    if (seen.readiness().stream().allMatch(ReadySample::ready)) {
      problems.add("/readyz must be 503 while the token is away, was 200");
    }
    if (seen.exchanges().stream().allMatch(Exchange::isIssued)) {
      problems.add("who asks while the token is away must be refused, and nobody was");
    }
  }

  /** From the time that each was due, in order. */
  private static List<Long> times(List<Exchange> exchanges) {
    return exchanges.stream()
        .map(each -> millis(each.answeredAt() - each.dueAt()))
        .sorted()
        .toList();
  }

  private static long percentile99(List<Long> sorted) {
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(0.99 * sorted.size()) - 1);
  }

  private static long longest(List<Long> sorted) {
    return sorted.isEmpty() ? 0 : sorted.get(sorted.size() - 1);
  }

  private static long millis(long nanos) {
    return Duration.ofNanos(nanos).toMillis();
  }
}
