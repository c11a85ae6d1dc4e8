// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.MADE;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is signed beforehand to break the glass, and what is signed to use, end, review it or to freeze. */
class BreakglassTest {
  private static final TestKey ALICE = Operations.ALICE;
  private static final TestKey BOB = Operations.BOB;
  private static final TestKey CAROL = Operations.CAROL;

  static BreakglassGrant unsigned() {
    return new BreakglassGrant(
        TestWorld.ISSUER,
        hash("nonce"),
        "The database must be restored.",
        Duration.ofHours(1),
        MADE,
        MADE.plus(BreakglassGrant.MAX_VALIDITY),
        List.of());
  }

  static BreakglassGrant grant() {
    return unsigned()
        .with(Operations.signature(ALICE, unsigned().signingInput()))
        .with(Operations.signature(BOB, unsigned().signingInput()));
  }

  static GovernanceOrder order(GovernanceOrder.Kind kind, OptionalLong overFreeze) {
    GovernanceOrder.Unsigned unsigned =
        new GovernanceOrder.Unsigned(
            TestWorld.ISSUER,
            kind,
            kind == GovernanceOrder.Kind.FREEZE ? Optional.empty() : Optional.of(grant().digest()),
            overFreeze,
            "Disk 3 is gone.",
            MADE,
            hash("another nonce"));
    return unsigned.signed(Operations.signature(CAROL, unsigned.signingInput()));
  }

  static GovernanceOrder use() {
    return order(GovernanceOrder.Kind.USE, OptionalLong.of(7));
  }

  @Test
  void grant_parsedAgain_isTheSame_andCanonical() throws Exception {
    BreakglassGrant grant = grant();
    byte[] json = grant.toJson();

    assertThat(BreakglassGrant.parse(json)).isEqualTo(grant);
    assertThat(json).isEqualTo(new JsonCanonicalizer(json).getEncodedUTF8());
    assertThat(BreakglassGrant.parse(unsigned().toJson())).isEqualTo(unsigned());
  }

  @Test
  void grant_isNamedByWhatIsSigned_whoeverSignedIt() {
    byte[] label = "writ-breakglass-v1\0".getBytes(StandardCharsets.US_ASCII);

    assertThat(grant().signingInput()).startsWith(label).isEqualTo(unsigned().signingInput());
    assertThat(grant().digest())
        .isEqualTo(Hash.sha256(grant().signingInput()))
        .isEqualTo(unsigned().digest());
  }

  @Test
  void signers_areThoseWhoseSignatureHolds_ofTheKeysAskedFor() {
    List<VerificationKey> keys = List.of(ALICE.verification(), CAROL.verification());

    assertThat(grant().signers(keys)).containsExactly(ALICE.kid());
    OperatorSignature forged =
        new OperatorSignature(
            CAROL.kid(), Operations.signature(BOB, unsigned().signingInput()).signature());
    assertThat(grant().with(forged).signers(keys)).containsExactly(ALICE.kid());
    BreakglassGrant longer =
        new BreakglassGrant(
            grant().issuer(),
            grant().nonce(),
            grant().reason(),
            grant().ttl().plusSeconds(1),
            grant().notBefore(),
            grant().notAfter(),
            grant().signatures());
    assertThat(longer.signers(keys)).as("signed for an hour").isEmpty();
  }

  @Test
  void grant_thatAKeySignedTwice_isNone() {
    assertThatThrownBy(() -> grant().with(Operations.signature(BOB, unsigned().signingInput())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("signatures");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\":2};v",
        "\"v\":1};\"v\":1,\"x\":0};x",
        "\"issuer\":\"https://writ.example\";\"issuer\":\"\";issuer",
        "\"nonce\":\";\"nonce\":\"0;nonce",
        "\"reason\":\"The;\"reason\":\"\\u000aThe;reason",
        "\"ttl_s\":3600;\"ttl_s\":0;ttl_s",
        "\"ttl_s\":3600;\"ttl_s\":86401;ttl_s",
        "\"not_before\":1793606400;\"not_before\":1793606399;not_after",
        "\"not_before\":1793606400;\"not_before\":1828166400;not_after",
        "\"not_before\":;\"not_after_\":;not_before",
        "\"signatures\":[;\"signatures\":[0,;signatures[0]",
      })
  void grant_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] json = Replace.once(grant().toJson(), from, to);

    assertThatThrownBy(() -> BreakglassGrant.parse(json))
        .isInstanceOfSatisfying(
            MalformedGrantException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @Test
  void grantAndOrder_inAnotherSpelling_areMalformed() {
    assertThatThrownBy(() -> BreakglassGrant.parse(Replace.once(grant().toJson(), ":1}", ": 1}")))
        .isInstanceOf(MalformedGrantException.class)
        .hasMessageContaining("another spelling");
    assertThatThrownBy(() -> GovernanceOrder.parse(Replace.once(use().toJson(), ":1}", ": 1}")))
        .isInstanceOf(MalformedOrderException.class)
        .hasMessageContaining("another spelling");
  }

  @Test
  void order_parsedAgain_isTheSame_andSignedUnderItsLabel() throws Exception {
    byte[] label = "writ-governance-v1\0".getBytes(StandardCharsets.US_ASCII);
    for (GovernanceOrder.Kind kind : GovernanceOrder.Kind.values()) {
      GovernanceOrder order = order(kind, OptionalLong.empty());

      assertThat(GovernanceOrder.parse(order.toJson())).isEqualTo(order);
      assertThat(order.signingInput()).startsWith(label);
      assertThat(order.digest()).isEqualTo(Hash.sha256(order.signingInput()));
      assertThat(
              order
                  .signature()
                  .verifies(Operations.first().content().operators(), order.signingInput()))
          .isTrue();
    }
    assertThat(GovernanceOrder.parse(use().toJson()).overFreeze()).hasValue(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\":1,\"x\":0};x",
        "\"kind\":\"breakglass.use\";\"kind\":\"breakglass.extend\";kind",
        "\"kind\":\"breakglass.use\";\"kind\":\"freeze\";grant",
        "\"kind\":\"breakglass.use\";\"kind\":\"breakglass.end\";over_freeze",
        "\"over_freeze\":7;\"over_freeze\":-1;over_freeze",
        "\"grant\":;\"grunt\":;grant",
        "\"text\":\"Disk;\"text\":\"\\u202eDisk;text",
        "\"given\":1793606400;\"given\":-1;given",
        "\"nonce\":\";\"nonce\":\"0;nonce",
        "\"sig\":\";\"sig\":\"A;signature.sig",
      })
  void order_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] json = Replace.once(use().toJson(), from, to);

    assertThatThrownBy(() -> GovernanceOrder.parse(json))
        .isInstanceOfSatisfying(
            MalformedOrderException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @Test
  void begun_ofAnotherGrantThanTheOrders_isNone() {
    BreakglassGrant other =
        new BreakglassGrant(
            TestWorld.ISSUER,
            hash("other"),
            "Another.",
            Duration.ofHours(1),
            MADE,
            MADE.plusSeconds(1),
            List.of());

    assertThatThrownBy(() -> new GovernanceStep.Begun(other, use(), MADE, MADE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GovernanceStep.Ordered.of(use()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"event\":\"begun\";\"event\":\"ended\"",
        "\"of\":\"breakglass\";\"of\":\"freeze\"",
        "\"ends\":;\"ended\":",
        "\"review_by\":;\"review\":",
      })
  void leaf_whoseWordsDoNotFit_isNone(String from, String to) {
    Leaf leaf =
        Leaf.of(
            MADE,
            TestWorld.LEAF_ID,
            List.of(),
            new GovernanceStep.Begun(grant(), use(), MADE.plusSeconds(60), MADE.plusSeconds(90)));

    assertThatThrownBy(() -> Leaf.parse(Replace.once(leaf.bytes(), from, to)))
        .isInstanceOf(MalformedLeafException.class);
  }

  @Test
  void review_thatRevokes_andAnEndThatRevokesSomethingElse_areNone() {
    GovernanceOrder end = order(GovernanceOrder.Kind.END, OptionalLong.empty());
    GovernanceOrder review = order(GovernanceOrder.Kind.REVIEW, OptionalLong.empty());
    Leaf leaf = Leaf.of(MADE, TestWorld.LEAF_ID, List.of(), GovernanceStep.Ordered.of(end));

    assertThat(leaf.body())
        .isInstanceOfSatisfying(
            GovernanceStep.Ordered.class, step -> assertThat(step.revokes()).isTrue());
    assertThatThrownBy(
            () -> Leaf.parse(Replace.once(leaf.bytes(), "\"breakglass\",\"t", "\"freeze\",\"t")))
        .isInstanceOf(MalformedLeafException.class);
    assertThatThrownBy(() -> new GovernanceStep.Ordered(review, true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
