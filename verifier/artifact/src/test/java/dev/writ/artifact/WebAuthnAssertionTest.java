// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.ALICE;
import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.rotation;
import static dev.writ.artifact.Operations.second;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustFile.SuccessorOutcome;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator's signature by an authenticator: each part wrong once, under a signature that is right. */
class WebAuthnAssertionTest {
  private static final byte[] INPUT = rotation().signingInput();
  private static final KeyQuorum OPERATORS = Operations.first().content().operators();

  private static boolean verifies(Authenticator authenticator) {
    return authenticator.sign(INPUT).verifies(OPERATORS, INPUT);
  }

  private static Authenticator bob() {
    return Authenticator.of(BOB);
  }

  private static Authenticator bobWith(UnaryOperator<String> clientData) {
    return bob().clientData(clientData);
  }

  @Test
  void signature_asAnAuthenticatorMakesIt_verifies() {
    assertThat(verifies(bob())).isTrue();
  }

  @Test
  void signature_ofOneWhoIsNoOperator_doesNot() {
    assertThat(verifies(Authenticator.of(TestKey.random()))).isFalse();
  }

  @Test
  void signature_overOtherBytes_doesNot() {
    assertThat(bob().sign(INPUT).verifies(OPERATORS, second().signingInput())).isFalse();
    assertThat(bob().sign(second().signingInput()).verifies(OPERATORS, INPUT)).isFalse();
  }

  @Test
  void signature_underTheKidOfAnotherOperator_doesNot() {
    OperatorSignature made = bob().sign(INPUT);

    assertThat(
            new OperatorSignature(CAROL.kid(), made.signature(), made.assertion())
                .verifies(OPERATORS, INPUT))
        .isFalse();
  }

  /** A signature over the bytes themselves is none of an assertion, and the other way round. */
  @Test
  void signature_takenForTheOtherSort_doesNotVerify() {
    OperatorSignature made = bob().sign(INPUT);

    assertThat(new OperatorSignature(BOB.kid(), made.signature()).verifies(OPERATORS, INPUT))
        .isFalse();
    assertThat(
            new OperatorSignature(BOB.kid(), BOB.sign(INPUT), made.assertion())
                .verifies(OPERATORS, INPUT))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"webauthn.get\";\"webauthn.create\"",
        "\"webauthn.get\";\"payment.get\"",
        "\"webauthn.get\";7",
        "\"type\":\"webauthn.get\",;",
        "\"challenge\":;\"challenged\":",
        "\"challenge\":\";\"challenge\":\"A",
        "\"challenge\":\";\"challenge\":\"\",\"x\":\"",
        "\"challenge\":\";\"challenge\":[],\"x\":\"",
        "\"crossOrigin\":false;\"type\":\"webauthn.get\"",
        "{\"type\";{\"challenge\":\"\",\"type\"",
        "\"crossOrigin\":false};\"crossOrigin\":false}}",
        "\"crossOrigin\":false};\"crossOrigin\":0.5}",
        "\"crossOrigin\":false};\"crossOrigin\":false",
      })
  void clientData_thatAnswerSomethingElse_areRefusedAlthoughSigned(String from, String to) {
    assertThat(verifies(bobWith(json -> Replace.once(json, from, to == null ? "" : to)))).isFalse();
  }

  /** Section 5.8.1: clients add members, and may do so at any time. */
  @Test
  void clientData_withMembersThatNobodyKnows_areTaken() {
    assertThat(
            verifies(
                bobWith(
                    json ->
                        Replace.once(
                            json,
                            "\"crossOrigin\":false",
                            "\"crossOrigin\":true,\"topOrigin\":\"https://a.example\","
                                + "\"other_keys_can_be_added_here\":\"do not compare\""))))
        .isTrue();
  }

  @Test
  void clientData_challengeInAnotherSpelling_isRefused() {
    String challenge = Base64Url.encode(Hash.sha256(INPUT).bytes());

    for (String spelling :
        List.of(challenge + "=", Hash.sha256(INPUT).hex(), " " + challenge, challenge + "A")) {
      assertThat(verifies(bobWith(json -> Replace.once(json, challenge, spelling))))
          .as(spelling)
          .isFalse();
    }
  }

  @Test
  void clientData_changedAfterTheSignature_areRefused() {
    assertThat(verifies(bob().afterSigning(json -> json + " "))).isFalse();
    assertThat(verifies(bob().afterSigning(json -> Replace.once(json, "keys.writ", "evil.writ"))))
        .isFalse();
  }

  /** Client data of one operation under the signature of another. */
  @Test
  void clientData_exchangedForThoseOfTheseBytes_areRefused() {
    OperatorSignature other = bob().sign(second().signingInput());

    assertThat(
            new OperatorSignature(BOB.kid(), other.signature(), bob().sign(INPUT).assertion())
                .verifies(OPERATORS, INPUT))
        .isFalse();
  }

  @Test
  void clientData_upToTheirBound_areTakenAndNotBeyond() {
    int length = bob().sign(INPUT).assertion().orElseThrow().clientData().length;
    UnaryOperator<String> longest = json -> json + " ".repeat(WebAuthnAssertion.MAX_BYTES - length);

    assertThat(verifies(bobWith(longest))).isTrue();
    assertThatThrownBy(() -> verifies(bobWith(json -> longest.apply(json) + " ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("client_data length");
  }

  @ParameterizedTest
  @ValueSource(ints = {0b000, 0b100, 0b1111_1110})
  void authenticatorData_withoutAPersonPresent_areRefusedAlthoughSigned(int flags) {
    assertThat(verifies(bob().flags(flags))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0b001, 0b101, 0b1111_1111})
  void authenticatorData_withAPersonPresent_areTaken(int flags) {
    assertThat(verifies(bob().flags(flags))).isTrue();
  }

  @Test
  void authenticatorData_changedAfterTheSignature_areRefused() {
    OperatorSignature absent = bob().flags(0).sign(INPUT);
    WebAuthnAssertion made = absent.assertion().orElseThrow();
    byte[] present = made.authenticatorData();
    present[32] = 1;

    assertThat(
            new OperatorSignature(
                    BOB.kid(),
                    absent.signature(),
                    Optional.of(new WebAuthnAssertion(present, made.clientData())))
                .verifies(OPERATORS, INPUT))
        .isFalse();
  }

  @Test
  void of_lengthsOutsideTheirBounds_isRefused() {
    byte[] data = new byte[WebAuthnAssertion.MAX_BYTES + 1];

    assertThatThrownBy(() -> new WebAuthnAssertion(new byte[36], new byte[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("authenticator_data");
    assertThatThrownBy(() -> new WebAuthnAssertion(data, new byte[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("authenticator_data");
    assertThatThrownBy(() -> new WebAuthnAssertion(new byte[37], new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("client_data");
    assertThatThrownBy(() -> new OperatorSignature(BOB.kid(), new byte[63]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sig length");
  }

  @Test
  void bytes_givenOrTaken_areCopies() {
    byte[] data = new byte[37];
    byte[] client = {1};
    WebAuthnAssertion assertion = new WebAuthnAssertion(data, client);
    data[0] = 1;
    client[0] = 2;
    assertion.authenticatorData()[1] = 1;
    assertion.clientData()[0] = 3;

    assertThat(assertion).isEqualTo(new WebAuthnAssertion(new byte[37], new byte[] {1}));
    assertThat(assertion).isNotEqualTo(new WebAuthnAssertion(new byte[38], new byte[] {1}));
    assertThat(assertion).isNotEqualTo(new WebAuthnAssertion(new byte[37], new byte[] {2}));
  }

  @Test
  void approval_ofAnAuthenticator_counts() {
    OperationApproval approval =
        new OperationApproval(
            rotation().digest(),
            bob().sign(INPUT),
            Optional.of(bob().sign(second().signingInput())));

    assertThat(
            approval.judge(
                rotation(), Optional.of(second()), Operations.first().content(), TestWorld.NOW))
        .isInstanceOf(OperationApproval.Outcome.Counts.class);
  }

  // As a trust file's signature

  private static TrustFile signedBy(OperatorSignature... signatures) {
    return TrustFile.of(second(), List.of(signatures));
  }

  @Test
  void trustFile_signedByAuthenticators_isReadAgainAndFollows() throws Exception {
    byte[] input = second().signingInput();
    TrustFile next = signedBy(bob().sign(input), Operations.signature(CAROL, input));

    assertThat(TrustFile.parse(next.toJson()).signatures()).isEqualTo(next.signatures());
    assertThat(Operations.first().verifySuccessor(TrustFile.parse(next.toJson())))
        .isInstanceOf(SuccessorOutcome.Accepted.class);
  }

  @Test
  void trustFile_assertionOverAnotherContentOrWithoutAPerson_isNotCounted() {
    byte[] input = second().signingInput();
    for (OperatorSignature wrong :
        List.of(
            bob().sign(INPUT),
            bob().flags(0).sign(input),
            bobWith(json -> Replace.once(json, "webauthn.get", "webauthn.create")).sign(input))) {
      assertThat(
              Operations.first()
                  .verifySuccessor(signedBy(wrong, Operations.signature(ALICE, input))))
          .isInstanceOfSatisfying(
              SuccessorOutcome.Refused.class,
              refused ->
                  assertThat(refused.reason())
                      .isEqualTo("operators that signed must be 2 or more, was 1"));
    }
  }
}
