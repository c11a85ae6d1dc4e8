// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A run can fail: what is accepted, what throws and what is refused for another reason are told. */
final class CorpusRunTest {
  private static final String REASON = "signature_invalid";

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private boolean run(NegativeCase... cases) {
    return new CorpusRun(new PrintStream(printed, true, StandardCharsets.UTF_8))
        .run(List.of(cases));
  }

  private List<String> lines() {
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static NegativeCase tried(int number, Level level, Tries.Attempt attempt) {
    return new NegativeCase(
        number, level, "a case", tries -> tries.refused("a variant", REASON, attempt));
  }

  @Test
  void evidence_thatIsRefusedAsItMustBe_holds() {
    assertThat(run(tried(7, Level.CODEC, () -> Observed.refused(REASON)))).isTrue();

    assertThat(lines().get(0)).matches("07 +codec +signature_invalid +ok +a case \\(1 refused\\)");
    assertThat(lines().get(1)).isEqualTo("1 passed, 0 failed, 0 skipped");
  }

  @Test
  void evidence_thatIsAccepted_fails() {
    assertThat(run(tried(7, Level.CODEC, () -> Observed.ACCEPTED))).isFalse();

    assertThat(lines().get(0))
        .contains("FAILED", "a variant: must be signature_invalid, was accepted");
    assertThat(lines().get(1)).isEqualTo("0 passed, 1 failed, 0 skipped");
  }

  @Test
  void evidence_thatIsAcceptedWhereAnyRefusalWouldDo_fails() {
    assertThat(
            run(
                new NegativeCase(
                    7,
                    Level.CODEC,
                    "a case",
                    tries -> tries.refused("a variant", () -> Observed.ACCEPTED))))
        .isFalse();
  }

  @Test
  void evidence_thatIsRefusedForAnotherReason_fails() {
    assertThat(run(tried(7, Level.CODEC, () -> Observed.refused("other")))).isFalse();
  }

  @Test
  void evidence_thatMustBeAcceptedAndIsRefused_fails() {
    assertThat(
            run(
                new NegativeCase(
                    3,
                    Level.CODEC,
                    "accept: a case",
                    tries -> tries.accepted("a variant", () -> Observed.refused(REASON)))))
        .isFalse();
  }

  @Test
  void verifier_thatThrows_fails() {
    assertThat(
            run(
                tried(
                    7,
                    Level.CODEC,
                    () -> {
                      throw new IllegalStateException("bug");
                    })))
        .isFalse();
  }

  @Test
  void case_thatTriesNothingOrThrows_fails() {
    assertThat(run(new NegativeCase(7, Level.CODEC, "a case", tries -> {}))).isFalse();
    assertThat(
            run(
                new NegativeCase(
                    8,
                    Level.CODEC,
                    "a case",
                    tries -> {
                      throw new IllegalStateException("bug");
                    })))
        .isFalse();
  }

  @Test
  void case_thatNeedsWhatIsNotHere_isSkippedByThatWord() {
    assertThat(
            run(new NegativeCase(45, Level.SERVICE, "another", tries -> tries.skip("no service"))))
        .isTrue();

    assertThat(lines().get(0)).matches("45 +service +- +skipped +another .*no service.*");
    assertThat(lines().get(1)).isEqualTo("0 passed, 0 failed, 1 skipped");
  }

  @Test
  void number_atTwoLevels_failsWhereOneDoes() {
    assertThat(
            run(
                tried(37, Level.SERVICE, () -> Observed.ACCEPTED),
                tried(37, Level.VERIFIER, () -> Observed.refused(REASON))))
        .isFalse();

    assertThat(lines()).hasSize(2);
    assertThat(lines().get(0)).startsWith("37  verifier+service").contains("FAILED");
  }
}
