// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.ALICE;
import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.destruction;
import static dev.writ.artifact.Operations.rotation;
import static dev.writ.artifact.Operations.signature;
import static dev.writ.artifact.Operations.withdrawal;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.OperationWithdrawal.Outcome;
import dev.writ.artifact.OperationWithdrawal.Reason;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The proposer's word against an operation: each condition by a withdrawal that breaks it alone. */
class OperationWithdrawalTest {
  private static Outcome judge(OperationWithdrawal withdrawal, Operation asked, Instant now) {
    return withdrawal.judge(asked, Operations.first().content().operators(), now);
  }

  private static void assertRefused(Reason reason, String message, Outcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused -> {
              assertThat(refused.reason()).as(refused.message()).isEqualTo(reason);
              assertThat(refused.message()).contains(message);
            });
  }

  @Test
  void judge_ofTheProposer_holds() {
    assertThat(judge(withdrawal(rotation(), ALICE), rotation(), NOW))
        .isInstanceOf(Outcome.Holds.class);
    Hash digest = rotation().digest();
    OperationWithdrawal asserted =
        new OperationWithdrawal(
            digest, Authenticator.of(ALICE).sign(OperationWithdrawal.signingInput(digest)));
    assertThat(judge(asserted, rotation(), NOW)).isInstanceOf(Outcome.Holds.class);
  }

  @Test
  void judge_ofAnotherOperator_refused() {
    assertRefused(
        Reason.NOT_PROPOSER,
        "the proposer himself",
        judge(withdrawal(rotation(), BOB), rotation(), NOW));
  }

  /** A schedule's operation has no proposer: each operator may withdraw it. */
  @Test
  void judge_ofAnOperationThatNobodyProposed_holdsOfEachOperator() {
    Operation scheduled =
        new Operation(
            TestWorld.ISSUER,
            1,
            TestWorld.hash("scheduled"),
            TestWorld.MADE,
            NOW.plusSeconds(60),
            Optional.empty(),
            destruction().change());

    for (TestKey operator : List.of(ALICE, BOB, CAROL)) {
      assertThat(judge(withdrawal(scheduled, operator), scheduled, NOW))
          .isInstanceOf(Outcome.Holds.class);
    }
    assertRefused(
        Reason.SIGNATURE,
        "by an operator",
        judge(withdrawal(scheduled, TestKey.ISSUER), scheduled, NOW));
  }

  @Test
  void judge_ofAnotherOperation_refused() {
    assertRefused(
        Reason.OTHER_OPERATION,
        rotation().digest().hex(),
        judge(withdrawal(destruction(), ALICE), rotation(), NOW));
  }

  @Test
  void judge_fromTheVerySecondOfItsEndOn_expired() {
    Instant end = rotation().expires();

    assertThat(judge(withdrawal(rotation(), ALICE), rotation(), end.minusNanos(1)))
        .isInstanceOf(Outcome.Holds.class);
    assertRefused(
        Reason.EXPIRED, "before " + end, judge(withdrawal(rotation(), ALICE), rotation(), end));
  }

  /** An approval is over other bytes: neither is ever taken for the other. */
  @Test
  void judge_ofAnApprovalsOrAnotherSignature_refused() {
    Hash digest = rotation().digest();
    byte[] input = OperationWithdrawal.signingInput(digest);
    for (OperatorSignature wrong :
        List.of(
            signature(ALICE, rotation().signingInput()),
            signature(ALICE, digest.bytes()),
            signature(ALICE, OperationWithdrawal.signingInput(destruction().digest())),
            new OperatorSignature(ALICE.kid(), BOB.sign(input)),
            new OperatorSignature(ALICE.kid(), new byte[64]))) {
      assertRefused(
          Reason.SIGNATURE,
          "over the operation's digest",
          judge(new OperationWithdrawal(digest, wrong), rotation(), NOW));
    }
    OperationApproval approval =
        new OperationApproval(
            destruction().digest(),
            signature(BOB, OperationWithdrawal.signingInput(destruction().digest())),
            Optional.empty());
    assertThat(approval.judge(destruction(), Optional.empty(), Operations.first().content(), NOW))
        .isInstanceOf(OperationApproval.Outcome.Refused.class);
  }

  @Test
  void signingInput_isLabelZeroAndDigest() {
    Hash digest = rotation().digest();

    byte[] input = OperationWithdrawal.signingInput(digest);

    String label = "writ-operation-withdrawal-v1\0";
    assertThat(input).hasSize(label.length() + 32).endsWith(digest.bytes());
    assertThat(input).startsWith(label.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void parse_ofToJson_isTheSameWithdrawal() throws Exception {
    OperationWithdrawal withdrawal = withdrawal(rotation(), ALICE);

    OperationWithdrawal parsed = OperationWithdrawal.parse(withdrawal.toJson());

    assertThat(parsed).isEqualTo(withdrawal);
    assertThat(parsed.withdrawer()).isEqualTo(ALICE.kid());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\":2};v",
        "\"v\":1};\"v\":1,\"x\":0};x",
        "\"operation\":\";\"operation\":\"0;operation",
        "\"operation\":;\"operations\":;operation",
        "\"signature\":{;\"signature\":{\"x\":1,;signature.x",
        "\"kid\":\";\"kid\":\"A;signature.kid",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] json = withdrawal(rotation(), ALICE).toJson();

    assertThatThrownBy(() -> OperationWithdrawal.parse(Replace.once(json, from, to)))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining(field);
  }

  @Test
  void parse_longerThanAWithdrawalMayBe_malformed() {
    byte[] json = withdrawal(rotation(), ALICE).toJson();
    String padded =
        new String(json, StandardCharsets.UTF_8) + " ".repeat(OperationWithdrawal.MAX_BYTES);

    assertThatThrownBy(() -> OperationWithdrawal.parse(padded.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedOperationException.class);
  }
}
