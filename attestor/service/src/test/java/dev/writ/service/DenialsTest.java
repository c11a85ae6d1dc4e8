// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What HTTP clients are told of denials, and what they are not. */
final class DenialsTest {
  private static Reply.Refused refused(Denial denial) {
    return (Reply.Refused) Denials.reply(denial);
  }

  @ParameterizedTest
  @EnumSource(DenialCode.class)
  void denial_judged_isForbiddenOrAConflict(DenialCode code) {
    Problem problem = refused(new Denial(code, "some_reason", "what must hold")).problem();
    int status =
        switch (code) {
          case REPLAYED -> 409;
          case ARTIFACT_MISSING -> 404;
          default -> 403;
        };
    assertThat(problem.status()).isEqualTo(status);
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.reason()).isEqualTo("some_reason");
    assertThat(problem.detail()).isEqualTo("what must hold");
    assertThat(problem.title()).matches("[A-Z][a-z ]+");
    assertThat(problem.retryAfter()).isEmpty();
  }

  @Test
  void denial_ofARevocationThatWas_isAConflict() {
    Denial denial = new Denial(DenialCode.REVOKED, "already_revoked", "what must hold");
    assertThat(refused(denial).problem().status()).isEqualTo(409);
  }

  @Test
  void denial_ofWhatHasNoForm_isABadRequest() {
    Problem problem = refused(Denial.malformed("malformed", "field x must be y")).problem();
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.detail()).isEqualTo("field x must be y");
  }

  @Test
  void failure_ofAPart_isToldToTheLogAlone() {
    String inside = "/var/lib/writ/ledger.db on slot 3 of 10.0.0.7";
    Reply.Refused refused = refused(Denial.unavailable("ledger_unavailable", inside));
    assertThat(refused.problem().status()).isEqualTo(503);
    assertThat(refused.problem().retryAfter()).isEqualTo(OptionalInt.of(2));
    assertThat(refused.problem().detail()).doesNotContain("ledger.db").doesNotContain("slot");
    assertThat(refused.problem().answer("x").body().toString()).doesNotContain("10.0.0.7");
    assertThat(refused.logged()).contains(inside);
  }

  @ParameterizedTest
  @MethodSource("overloads")
  void overload_isToldWithItsCure(Denial overload) {
    Problem problem = refused(overload).problem();
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.retryAfter()).isEqualTo(OptionalInt.of(1));
    assertThat(problem.detail()).isEqualTo(overload.message()).contains("later");
  }

  static Stream<Denial> overloads() {
    return Stream.of(WorkPool.OVERLOADED, HostRate.EXCEEDED);
  }
}
