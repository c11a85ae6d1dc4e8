// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.ALICE;
import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.approval;
import static dev.writ.artifact.Operations.destruction;
import static dev.writ.artifact.Operations.rotation;
import static dev.writ.artifact.Operations.second;
import static dev.writ.artifact.Operations.signature;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.OperationApproval.Outcome;
import dev.writ.artifact.OperationApproval.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An operator's word for an operation: each condition by an approval that breaks it alone. */
class OperationApprovalTest {
  private static final Optional<TrustContent> CONTENT = Optional.of(second());

  private static Outcome judge(OperationApproval approval) {
    return judge(approval, rotation(), NOW);
  }

  private static Outcome judge(OperationApproval approval, Operation asked, Instant now) {
    return approval.judge(
        asked,
        asked.change().trust().isPresent() ? CONTENT : Optional.empty(),
        Operations.first().content(),
        now);
  }

  private static void assertCounts(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Counts.class);
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
  void judge_ofAnotherOperatorOverOperationAndTrustFile_counts() {
    for (TestKey operator : List.of(BOB, CAROL)) {
      assertCounts(judge(approval(rotation(), operator)));
      assertCounts(judge(approval(destruction(), operator), destruction(), NOW));
    }
  }

  /** A schedule's operation has no proposer: all operators may approve it. */
  @Test
  void judge_ofAnOperationThatNobodyProposed_countsOfEach() {
    Operation scheduled =
        new Operation(
            TestWorld.ISSUER,
            1,
            TestWorld.hash("scheduled"),
            TestWorld.MADE,
            NOW.plusSeconds(60),
            Optional.empty(),
            rotation().change());

    for (TestKey operator : List.of(ALICE, BOB, CAROL)) {
      assertCounts(judge(approval(scheduled, operator), scheduled, NOW));
    }
  }

  @Test
  void judge_ofAnotherOperation_refused() {
    Operation other = Operations.operation(new Operation.DestroyKey(TestWorld.hash("other")));

    assertRefused(
        Reason.OTHER_OPERATION,
        rotation().digest().hex(),
        judge(approval(destruction(), BOB), rotation(), NOW));
    assertRefused(
        Reason.OTHER_OPERATION,
        "of " + destruction().digest().hex(),
        judge(approval(destruction(), BOB), other, NOW));
  }

  /** The same words with another nonce are another operation. */
  @Test
  void judge_ofTheSameChangeWithAnotherNonce_refused() {
    Operation first = destruction();
    Operation again =
        new Operation(
            first.issuer(),
            first.trustVersion(),
            TestWorld.hash("another nonce"),
            first.proposed(),
            first.expires(),
            first.proposer(),
            first.change());

    assertRefused(Reason.OTHER_OPERATION, "operation", judge(approval(first, BOB), again, NOW));
  }

  @Test
  void judge_fromTheVerySecondOfItsEndOn_expired() {
    Instant end = rotation().expires();

    assertCounts(judge(approval(rotation(), BOB), rotation(), end.minusNanos(1)));
    assertRefused(
        Reason.EXPIRED, "before " + end, judge(approval(rotation(), BOB), rotation(), end));
    assertRefused(
        Reason.EXPIRED,
        "before " + end,
        judge(approval(rotation(), BOB), rotation(), end.plusSeconds(1)));
  }

  @Test
  void judge_underAnotherTrustVersion_refused() {
    assertRefused(
        Reason.OTHER_TRUST,
        "under version 2",
        approval(rotation(), BOB).judge(rotation(), CONTENT, second(), NOW));
  }

  @Test
  void judge_ofOneWhoIsNoOperator_refused() {
    for (TestKey stranger : List.of(TestKey.random(), TestKey.ISSUER, TestKey.STATUS)) {
      assertRefused(Reason.SIGNATURE, "over the operation", judge(approval(rotation(), stranger)));
    }
  }

  @Test
  void judge_signatureOverOtherBytesOrByAnotherKey_refused() {
    byte[] input = rotation().signingInput();
    byte[] withoutLabel = rotation().document();
    for (OperatorSignature wrong :
        List.of(
            signature(BOB, destruction().signingInput()),
            signature(BOB, withoutLabel),
            signature(BOB, second().signingInput()),
            new OperatorSignature(BOB.kid(), CAROL.sign(input)),
            new OperatorSignature(BOB.kid(), new byte[64]))) {
      assertRefused(
          Reason.SIGNATURE,
          "over the operation",
          judge(
              new OperationApproval(
                  rotation().digest(),
                  wrong,
                  Optional.of(signature(BOB, second().signingInput())))));
    }
  }

  @Test
  void judge_ofTheProposer_refused() {
    assertRefused(
        Reason.PROPOSER, "another operator than the proposer", judge(approval(rotation(), ALICE)));
  }

  @Test
  void judge_withoutASignatureOverTheTrustFileThatComesWithIt_refused() {
    OperationApproval without =
        new OperationApproval(
            rotation().digest(), signature(BOB, rotation().signingInput()), Optional.empty());

    assertRefused(Reason.SIGNATURE, "over the trust file", judge(without));
  }

  @Test
  void judge_withASignatureOverATrustFileWhereNoneComesWithIt_refused() {
    OperationApproval superfluous =
        new OperationApproval(
            destruction().digest(),
            signature(BOB, destruction().signingInput()),
            Optional.of(signature(BOB, second().signingInput())));

    assertRefused(Reason.SIGNATURE, "without a signature", judge(superfluous, destruction(), NOW));
  }

  @Test
  void judge_signatureOverAnotherTrustFileOrByAnotherKey_refused() {
    byte[] input = second().signingInput();
    for (OperatorSignature wrong :
        List.of(
            signature(BOB, Operations.first().content().signingInput()),
            signature(BOB, rotation().signingInput()),
            new OperatorSignature(BOB.kid(), CAROL.sign(input)))) {
      assertRefused(
          Reason.SIGNATURE,
          "over the trust file",
          judge(
              new OperationApproval(
                  rotation().digest(),
                  signature(BOB, rotation().signingInput()),
                  Optional.of(wrong))));
    }
  }

  /** Whoever keeps the proposals cannot have operators' signatures counted for another trust file. */
  @Test
  void judge_withAnotherTrustFileThanTheOperationNames_refused() {
    TrustContent other = TrustContents.issuer(second(), "https://other.example");
    OperationApproval overTheOther =
        new OperationApproval(
            rotation().digest(),
            signature(BOB, rotation().signingInput()),
            Optional.of(signature(BOB, other.signingInput())));
    TrustContent inForce = Operations.first().content();

    assertRefused(
        Reason.SIGNATURE,
        "judged with the trust file " + Operations.digest(second()).hex(),
        overTheOther.judge(rotation(), Optional.of(other), inForce, NOW));
    assertRefused(
        Reason.SIGNATURE,
        "judged with none",
        approval(rotation(), BOB).judge(rotation(), Optional.empty(), inForce, NOW));
    assertRefused(
        Reason.SIGNATURE,
        "judged with the trust file none",
        approval(destruction(), BOB).judge(destruction(), CONTENT, inForce, NOW));
  }

  @Test
  void of_twoOperatorsInOne_isRefused() {
    assertThatThrownBy(
            () ->
                new OperationApproval(
                    rotation().digest(),
                    signature(BOB, rotation().signingInput()),
                    Optional.of(signature(CAROL, second().signingInput()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("trust_signature.kid");
  }

  /** Words that clients may compare. */
  @ParameterizedTest
  @EnumSource(Reason.class)
  void reason_isAWordOfItsOwn(Reason reason) {
    assertThat(reason.wire()).matches("[a-z_]+");
    assertThat(Arrays.stream(Reason.values()).map(Wire::wire)).doesNotHaveDuplicates();
  }

  // The document

  static Stream<OperationApproval> approvals() {
    return Stream.of(
        approval(rotation(), BOB),
        approval(destruction(), CAROL),
        new OperationApproval(
            rotation().digest(),
            Authenticator.of(BOB).sign(rotation().signingInput()),
            Optional.of(Authenticator.of(BOB).sign(second().signingInput()))));
  }

  @ParameterizedTest
  @MethodSource("approvals")
  void parse_ofToJson_isTheSameApproval(OperationApproval approval) throws Exception {
    OperationApproval parsed = OperationApproval.parse(approval.toJson());

    assertThat(parsed).isEqualTo(approval).hasSameHashCodeAs(approval);
    assertThat(parsed.toJson()).isEqualTo(approval.toJson());
    assertThat(parsed.approver()).isEqualTo(approval.signature().kid());
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
        "\"signature\":{\"auth;\"signature\":{\"x\":1,\"auth;signature.x",
        "\"signature\":{\"auth;\"signature\":[],\"signatur\":{\"auth;signature",
        "\"trust_signature\":{\"auth;\"trust_signature\":{\"x\":1,\"auth;trust_signature.x",
        "\"trust_signature\":{\"auth;\"trust_signature\":null,\"x\":{\"auth;trust_signature",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] json = approvals().skip(2).map(OperationApproval::toJson).findFirst().orElseThrow();
    assertMalformed(Replace.once(json, from, to), field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"kid\":\";\"kid\":\"A;signature.kid",
        "\"sig\":\";\"sig\":\"A;signature.sig",
        "\"sig\":\";\"sig\":\"AA\",\"x\":\";signature.sig",
        "\"authenticator_data\":\";\"authenticator_data\":\"=;signature.authenticator_data",
        "\"authenticator_data\":\";\"authenticator_data\":\"AA\",\"x\":\";authenticator_data length",
        "\"client_data\":\";\"client_data\":\"\",\"x\":\";signature.client_data",
        "\"client_data\":\";\"clientdata\":\";signature.client_data",
      })
  void parse_memberOfASignatureWrong_malformedNamingIt(String from, String to, String field) {
    OperationApproval approval =
        new OperationApproval(
            destruction().digest(),
            Authenticator.of(BOB).sign(destruction().signingInput()),
            Optional.empty());
    assertMalformed(Replace.once(approval.toJson(), from, to), field);
  }

  @Test
  void parse_clientDataWithoutAuthenticatorData_malformed() {
    byte[] json =
        new OperationApproval(
                destruction().digest(),
                Authenticator.of(BOB).sign(destruction().signingInput()),
                Optional.empty())
            .toJson();

    assertThatThrownBy(
            () -> OperationApproval.parse(Replace.once(json, "authenticator_data", "data")))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("field signature.");
  }

  private static void assertMalformed(byte[] json, String field) {
    assertThatThrownBy(() -> OperationApproval.parse(json))
        .isInstanceOfSatisfying(
            MalformedOperationException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @Test
  void parse_twoOperatorsInOne_malformed() {
    String kid = Base64Url.encode(BOB.kid().bytes());
    String json = new String(approval(rotation(), BOB).toJson(), StandardCharsets.UTF_8);
    int last = json.lastIndexOf(kid);
    String two =
        json.substring(0, last)
            + Base64Url.encode(CAROL.kid().bytes())
            + json.substring(last + kid.length());

    assertMalformed(two.getBytes(StandardCharsets.UTF_8), "trust_signature.kid");
  }

  /** Two assertions, each as long as one may be. */
  @Test
  void parse_theLongestApproval_isRead() throws Exception {
    WebAuthnAssertion longest =
        new WebAuthnAssertion(
            new byte[WebAuthnAssertion.MAX_BYTES], new byte[WebAuthnAssertion.MAX_BYTES]);
    OperatorSignature signature =
        new OperatorSignature(BOB.kid(), new byte[64], Optional.of(longest));
    OperationApproval approval =
        new OperationApproval(rotation().digest(), signature, Optional.of(signature));

    assertThat(OperationApproval.parse(approval.toJson())).isEqualTo(approval);
    Leaf leaf =
        Leaf.of(
            TestWorld.MADE,
            TestWorld.LEAF_ID,
            List.of(),
            new OperationStep.Approved(OperationKind.ROTATE_KEY, approval));
    assertThat(Leaf.parse(leaf.bytes())).isEqualTo(leaf);
  }

  @Test
  void parse_longerThanItMayBe_malformed() {
    assertThatThrownBy(() -> OperationApproval.parse(new byte[OperationApproval.MAX_BYTES + 1]))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("at most 8192 bytes");
  }
}
