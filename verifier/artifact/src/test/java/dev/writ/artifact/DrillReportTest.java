// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.LoggedDrill.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A drill's report: what it may say, who signed it, and whether the ledger has it. */
class DrillReportTest {
  private static final DrillCase PASSED =
      new DrillCase(
          DenialCode.REPLAYED,
          DrillDoor.SERVICE,
          "a challenge is answered a second time",
          Optional.of("replayed"),
          Optional.of(DrillCase.ALLOW),
          Optional.of(12L),
          DrillResult.PASSED,
          Optional.empty());
  private static final DrillCase FAILED =
      new DrillCase(
          DenialCode.EXPIRED,
          DrillDoor.VERIFIER,
          "the clock is at the end",
          Optional.of("allow"),
          Optional.of("allow"),
          Optional.empty(),
          DrillResult.FAILED,
          Optional.of("it must come to expired, and did not"));
  private static final DrillCase NOT_TRIED =
      new DrillCase(
          DenialCode.UNVERIFIABLE,
          DrillDoor.RUN,
          "the disk is full",
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          DrillResult.NEEDS_DEMO,
          Optional.of("needs --demo"));

  private static DrillReport report(DrillCase... cases) {
    return new DrillReport(
        TestWorld.ISSUER,
        TestWorld.ORIGIN,
        false,
        TestWorld.MADE,
        TestWorld.MADE.plusSeconds(20),
        List.of(cases));
  }

  private static SignedDrill signed(DrillReport report, TestKey key) {
    return new SignedDrill(
        report, new OperatorSignature(key.kid(), key.sign(report.signingInput())));
  }

  private static LoggedDrill logged(SignedDrill drill, LeafBody body) throws Exception {
    ProofBundle proven = ProofBundle.parse(Issuance.valid().leafOf(body).bundle());
    return new LoggedDrill(drill, proven.leaf(), proven.tlogProof());
  }

  private static Outcome judge(LoggedDrill logged) {
    return logged.judge(TestWorld.trust(TestWorld.devTrust()), TestWorld.NOW);
  }

  private static void assertRefused(LoggedDrill logged, String reason) {
    assertThat(judge(logged))
        .isInstanceOfSatisfying(
            Outcome.Refused.class, refused -> assertThat(refused.reason()).contains(reason));
  }

  @Test
  void ok_isThatWhatWasTriedPassed_andSomethingWas() {
    assertThat(report(PASSED).ok()).isTrue();
    assertThat(report(PASSED, NOT_TRIED).ok()).isTrue();
    assertThat(report(PASSED, FAILED).ok()).isFalse();
    assertThat(report(NOT_TRIED).ok()).isFalse();
    DrillSummary summary = report(PASSED, FAILED, NOT_TRIED).summary(TestWorld.hash("kid"));
    assertThat(List.of(summary.passed(), summary.failed(), summary.notTried()))
        .containsExactly(1L, 1L, 1L);
  }

  @Test
  void notYetReachable_isAFailure() {
    DrillCase unreachable =
        new DrillCase(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            DrillDoor.SERVICE,
            "no parent",
            Optional.of("authorization_discontinuity"),
            Optional.of("authorization_discontinuity"),
            Optional.empty(),
            DrillResult.NOT_YET_REACHABLE,
            Optional.of("nothing to allow"));
    assertThat(unreachable.ok()).isFalse();
    assertThat(report(PASSED, unreachable).ok()).isFalse();
    assertThat(report(PASSED, unreachable).summary(TestWorld.hash("kid")).failed()).isOne();
  }

  /** It is neither a pass nor a failure nor left out, and says nothing of having come. */
  @Test
  void whatCannotCome_countsNowhere_andCameNever() {
    DrillCase none = notApplicable(Optional.empty());
    assertThat(report(PASSED, none).ok()).isTrue();
    assertThat(report(none).ok()).isFalse();
    DrillSummary summary = report(PASSED, none).summary(TestWorld.hash("kid"));
    assertThat(List.of(summary.passed(), summary.failed(), summary.notTried()))
        .containsExactly(1L, 0L, 0L);
    assertThatThrownBy(() -> notApplicable(Optional.of("allow")))
        .isInstanceOf(InvalidValueException.class);
  }

  private static DrillCase notApplicable(Optional<String> came) {
    return new DrillCase(
        DenialCode.POLICY_DENIED,
        DrillDoor.VERIFIER,
        "rules that say no",
        came,
        Optional.empty(),
        Optional.empty(),
        DrillResult.NOT_APPLICABLE,
        Optional.of("it evaluates none"));
  }

  /** Nothing but its code, with an allow beside it, can be called a pass. */
  @ParameterizedTest
  @CsvSource({"expired, allow", "allow, allow", "replayed, replayed", "replayed, expired"})
  void pass_withAnythingElseThanItsCodeAndAnAllow_isNone(String came, String beside) {
    assertThatThrownBy(
            () ->
                new DrillCase(
                    DenialCode.REPLAYED,
                    DrillDoor.RUN,
                    "used twice",
                    Optional.of(came),
                    Optional.of(beside),
                    Optional.empty(),
                    DrillResult.PASSED,
                    Optional.empty()))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void report_ofTooManyCasesOrEndedBeforeItBegan_isNone() {
    assertThat(report(Collections.nCopies(DrillReport.MAX_CASES, PASSED).toArray(DrillCase[]::new)))
        .isNotNull();
    assertThatThrownBy(
            () ->
                report(
                    Collections.nCopies(DrillReport.MAX_CASES + 1, PASSED)
                        .toArray(DrillCase[]::new)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(
            () ->
                new DrillReport(
                    TestWorld.ISSUER,
                    TestWorld.ORIGIN,
                    true,
                    TestWorld.NOW,
                    TestWorld.MADE,
                    List.of(PASSED)))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void parse_ofItsJson_isTheSame_andItsLongestFits() throws Exception {
    SignedDrill drill = signed(report(PASSED, FAILED, NOT_TRIED), TestKey.OPERATOR);
    assertThat(SignedDrill.parse(drill.toJson())).isEqualTo(drill);
    LoggedDrill logged = logged(drill, drill.summary());
    LoggedDrill read = LoggedDrill.parse(logged.toJson());
    assertThat(read.drill()).isEqualTo(drill);
    assertThat(read.toJson()).isEqualTo(logged.toJson());

    String longText = "x".repeat(DrillCase.MAX_TEXT);
    DrillCase longest =
        new DrillCase(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            DrillDoor.VERIFIER,
            longText,
            Optional.of(longText),
            Optional.of(longText),
            Optional.of(1L << 52),
            DrillResult.NOT_YET_REACHABLE,
            Optional.of(longText));
    DrillCase[] most =
        Collections.nCopies(DrillReport.MAX_CASES, longest).toArray(DrillCase[]::new);
    SignedDrill largest = signed(report(most), TestKey.OPERATOR);
    assertThat(SignedDrill.parse(largest.toJson())).isEqualTo(largest);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"ok\":false,\"result\":\"failed\" | \"ok\":true,\"result\":\"failed\"",
        "\"demo\":false | \"demo\":0",
        "\"result\":\"failed\" | \"result\":\"passed\"",
        "\"code\":\"expired\" | \"code\":\"expires\"",
        "\"door\":\"verifier\" | \"door\":\"elsewhere\"",
        "\"cases\":[{ | \"cases\":[{\"more\":1,"
      })
  void parse_whatContradictsItself_isRefused(String from, String to) {
    String json =
        new String(signed(report(FAILED), TestKey.OPERATOR).toJson(), StandardCharsets.UTF_8);
    assertThat(json).contains(from);
    assertThatThrownBy(
            () -> SignedDrill.parse(json.replace(from, to).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedDrillReportException.class);
  }

  @Test
  void judge_whatAnOperatorSignedAndTheLedgerHas_holds() throws Exception {
    SignedDrill drill = signed(report(PASSED), TestKey.OPERATOR);
    LoggedDrill logged = logged(drill, drill.summary());
    assertThat(judge(logged)).isInstanceOf(Outcome.Holds.class);
    assertThat(logged.age(TestWorld.MADE.plusSeconds(50))).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void judge_aStrangersOrAChangedReport_refuses() throws Exception {
    SignedDrill stranger = signed(report(PASSED), TestKey.ISSUER);
    assertRefused(logged(stranger, stranger.summary()), "signed by an operator");
    SignedDrill drill = signed(report(FAILED), TestKey.OPERATOR);
    SignedDrill changed = new SignedDrill(report(PASSED), drill.signature());
    assertRefused(logged(changed, changed.summary()), "signed by an operator");
  }

  /** The word for another report, under the same key. */
  @Test
  void judge_withAnotherLeaf_refuses() throws Exception {
    SignedDrill drill = signed(report(PASSED), TestKey.OPERATOR);
    SignedDrill other = signed(report(FAILED), TestKey.OPERATOR);
    assertRefused(logged(drill, other.summary()), "what the leaf sums up");
    assertRefused(
        logged(drill, new LeafBody.Revocation(TestWorld.JTI, RevocationReason.SUPERSEDED)),
        "what the leaf sums up");
  }

  @Test
  void judge_withAProofThatDoesNotHold_refuses() throws Exception {
    SignedDrill drill = signed(report(PASSED), TestKey.OPERATOR);
    LoggedDrill logged = logged(drill, drill.summary());
    Leaf later =
        Leaf.of(TestWorld.MADE.plusSeconds(3600), TestWorld.LEAF_ID, List.of(), drill.summary());
    assertRefused(
        new LoggedDrill(drill, later.bytes(), logged.tlogProof()), "in the checkpoint's tree");
    assertRefused(new LoggedDrill(drill, logged.leaf(), "nothing"), "a leaf and its proof");
    ProofBundle elsewhere =
        ProofBundle.parse(
            Issuance.valid().leafOf(drill.summary()).loggedBy(TestKey.random()).bundle());
    assertRefused(
        new LoggedDrill(drill, elsewhere.leaf(), elsewhere.tlogProof()),
        "under a checkpoint that the trust file believes");
  }

  @Test
  void judge_ofAnotherService_refuses() throws Exception {
    UnaryOperator<String> other = text -> text.replace("writ", "other");
    DrillReport elsewhere =
        new DrillReport(
            other.apply(TestWorld.ISSUER),
            TestWorld.ORIGIN,
            false,
            TestWorld.MADE,
            TestWorld.NOW,
            List.of(PASSED));
    SignedDrill drill = signed(elsewhere, TestKey.OPERATOR);
    assertRefused(logged(drill, drill.summary()), TestWorld.ISSUER);
  }
}
