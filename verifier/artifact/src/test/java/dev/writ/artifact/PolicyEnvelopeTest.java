// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.PolicyEnvelope.Outcome;
import dev.writ.artifact.PolicyEnvelope.Reason;
import dev.writ.tlog.Hash;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who signed a policy. Three approvers of whom two must sign, and one operator. */
class PolicyEnvelopeTest {
  private static final TestKey FIRST = TestKey.APPROVER;
  private static final TestKey SECOND = TestKey.random();
  private static final TestKey THIRD = TestKey.random();
  private static final TestKey OPERATOR = TestKey.OPERATOR;
  private static final TestKey STRANGER = TestKey.random();
  private static final byte[] POLICY = utf8("{\"a\":1,\"b\":[\"é\"]}");

  private final TrustContent trust =
      WorkedExample.trust()
          .content()
          .approvedBy(
              new KeyQuorum(
                  2, List.of(FIRST.verification(), SECOND.verification(), THIRD.verification())));

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String name(TestKey key) {
    return Base64Url.encode(key.kid().bytes());
  }

  private static PolicyEnvelope signed(TestKey... keys) {
    PolicyEnvelope envelope = PolicyEnvelope.of(POLICY);
    for (TestKey key : keys) {
      envelope = envelope.with(key.kid(), key.signDer(envelope.signingInput()));
    }
    return envelope;
  }

  private void assertRefused(Reason reason, TestKey author, PolicyEnvelope envelope) {
    assertThat(envelope.judge(name(author), trust))
        .isInstanceOfSatisfying(
            Outcome.Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @Test
  void authorAndEnoughApprovers_areBelieved() {
    Outcome outcome = signed(OPERATOR, FIRST, THIRD).judge(name(OPERATOR), trust);

    assertThat(outcome)
        .isEqualTo(new Outcome.Approved(OPERATOR.kid(), List.of(FIRST.kid(), THIRD.kid())));
  }

  @Test
  void authorWhoIsAnApprover_needsAsManyOthers() {
    assertRefused(Reason.TOO_FEW, FIRST, signed(FIRST, SECOND));

    assertThat(signed(FIRST, SECOND, THIRD).judge(name(FIRST), trust))
        .isEqualTo(new Outcome.Approved(FIRST.kid(), List.of(SECOND.kid(), THIRD.kid())));
  }

  @Test
  void authorAlone_isRefused() {
    assertRefused(Reason.TOO_FEW, OPERATOR, signed(OPERATOR));
    assertRefused(Reason.TOO_FEW, FIRST, signed(FIRST));
    assertRefused(Reason.TOO_FEW, FIRST, signed(FIRST, FIRST, FIRST));
  }

  @Test
  void authorWhoDidNotSign_isRefused() {
    assertRefused(Reason.AUTHOR_NOT_SIGNED, OPERATOR, signed(FIRST, SECOND, THIRD));
  }

  @Test
  void authorWhomNobodyKnows_isRefused() {
    assertRefused(Reason.AUTHOR_UNKNOWN, STRANGER, signed(STRANGER, FIRST, SECOND));
    assertThat(signed(OPERATOR, FIRST, SECOND).judge("alice", trust))
        .isInstanceOf(Outcome.Refused.class);
  }

  @Test
  void oneKeyTwice_andUnknownKeys_countNothingMore() {
    assertRefused(Reason.TOO_FEW, OPERATOR, signed(OPERATOR, FIRST, FIRST, STRANGER));
  }

  @Test
  void operatorsBesideTheAuthor_doNotCount() {
    TestKey other = TestKey.random();
    TrustContent two =
        TrustContents.operators(
            trust, new KeyQuorum(1, List.of(OPERATOR.verification(), other.verification())));

    assertThat(signed(OPERATOR, other, FIRST).judge(name(OPERATOR), two))
        .isInstanceOf(Outcome.Refused.class);
  }

  @Test
  void signatureUnderAnothersName_orOverAnotherPolicy_countsNothing() {
    PolicyEnvelope envelope = signed(OPERATOR, FIRST);
    byte[] input = envelope.signingInput();
    byte[] other = PolicyEnvelope.of(utf8("{\"a\":2}")).signingInput();

    assertRefused(Reason.TOO_FEW, OPERATOR, envelope.with(SECOND.kid(), STRANGER.signDer(input)));
    assertRefused(Reason.TOO_FEW, OPERATOR, envelope.with(SECOND.kid(), SECOND.signDer(other)));
    assertRefused(Reason.TOO_FEW, OPERATOR, envelope.with(SECOND.kid(), SECOND.sign(input)));
    assertThat(
            envelope
                .with(SECOND.kid(), STRANGER.signDer(input))
                .with(SECOND.kid(), SECOND.signDer(input))
                .judge(name(OPERATOR), trust))
        .as("one that does not hold spoils none that does")
        .isInstanceOf(Outcome.Approved.class);
  }

  @Test
  void signatureAsJoseHasIt_isWrittenInDer_andAnAuthenticatorsIsNot() {
    PolicyEnvelope envelope = signed(OPERATOR, FIRST);
    byte[] jose = SECOND.sign(envelope.signingInput());

    assertThat(
            envelope.with(new OperatorSignature(SECOND.kid(), jose)).judge(name(OPERATOR), trust))
        .isInstanceOf(Outcome.Approved.class);
    WebAuthnAssertion assertion = new WebAuthnAssertion(new byte[37], new byte[1]);
    OperatorSignature authenticators =
        new OperatorSignature(SECOND.kid(), jose, Optional.of(assertion));
    assertThatThrownBy(() -> envelope.with(authenticators))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void trustFileThatNamesNoApprovers_believesNone() {
    assertThat(
            signed(OPERATOR, FIRST, SECOND).judge(name(OPERATOR), WorkedExample.trust().content()))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_APPROVERS));
  }

  @Test
  void envelope_keepsTheBytesThatCame_andItsPolicy() throws Exception {
    byte[] json = utf8(" " + new String(signed(FIRST).toJson(), StandardCharsets.UTF_8) + "\n");
    PolicyEnvelope parsed = PolicyEnvelope.parse(json);

    assertThat(parsed.toJson()).isEqualTo(json);
    assertThat(parsed.payload()).isEqualTo(POLICY);
    assertThat(parsed.names(FIRST.kid())).isTrue();
    assertThat(parsed.names(SECOND.kid())).isFalse();
    assertThat(parsed.signers(List.of(FIRST.verification(), SECOND.verification())))
        .isEqualTo(Set.of(FIRST.kid()));
  }

  /** Made by another DSSE implementation's rules; see docs/FORMATS.md. */
  @Test
  void workedExample_isSignedByItsAuthorAndItsApprover() throws Exception {
    PolicyEnvelope example = PolicyEnvelope.parse(file("policy-envelope.json"));
    TrustContent one =
        WorkedExample.trust()
            .content()
            .approvedBy(new KeyQuorum(1, List.of(TestKey.APPROVER.verification())));

    assertThat(example.signingInput()).isEqualTo(file("policy-pae.txt"));
    assertThat(StrictJson.parse(example.payload(), PolicyEnvelope.MAX_BYTES).text("author"))
        .isEqualTo(name(OPERATOR));
    assertThat(example.judge(name(OPERATOR), one))
        .isEqualTo(new Outcome.Approved(OPERATOR.kid(), List.<Hash>of(TestKey.APPROVER.kid())));
    assertThat(PolicyEnvelope.of(example.payload()).toJson().length)
        .isLessThan(example.toJson().length);
  }

  private static byte[] file(String name) throws Exception {
    try (InputStream in = PolicyEnvelopeTest.class.getResourceAsStream("/worked-example/" + name)) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  private static String envelope(String payload, String signatures) {
    return "{\"payload\":\""
        + payload
        + "\",\"payloadType\":\""
        + PolicyEnvelope.PAYLOAD_TYPE
        + "\",\"signatures\":["
        + signatures
        + "]}";
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(utf8(text));
  }

  private static void assertMalformed(String json, String field) {
    assertThatThrownBy(() -> PolicyEnvelope.parse(utf8(json)))
        .as(json)
        .isInstanceOfSatisfying(
            MalformedEnvelopeException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void whatIsNoEnvelope_isMalformed() {
    String policy = base64("{\"a\":1}");
    String signature = "{\"keyid\":\"k\",\"sig\":\"AAAA\"}";
    assertThat(PolicyEnvelope.isLike(utf8(envelope(policy, signature)))).isTrue();
    assertThat(PolicyEnvelope.isLike(utf8("{\"type\":\"writ-policy-v1\"}"))).isFalse();
    assertThat(PolicyEnvelope.isLike(utf8("no JSON"))).isFalse();

    assertMalformed("{", "");
    assertMalformed(envelope(policy, "").replace("policy.v1", "policy.v2"), "payloadType");
    assertMalformed(envelope(policy.replace("=", ""), ""), "payload");
    assertMalformed(envelope("", ""), "payload");
    assertMalformed(envelope(base64("{\"a\": 1}"), ""), "payload");
    assertMalformed(envelope(base64("{\"b\":1,\"a\":1}"), ""), "payload");
    assertMalformed(envelope(base64("{\"a\":1.5}"), ""), "payload.a");
    assertMalformed(envelope(base64("{\"a\":1,\"a\":1}"), ""), "payload.a");
    assertMalformed(envelope(base64("[]"), ""), "payload");
    assertMalformed(envelope(policy, "{\"keyid\":\"k\"}"), "signatures[0].sig");
    assertMalformed(envelope(policy, "{\"keyid\":\"k\",\"sig\":\"AA\"}"), "signatures[0].sig");
    assertMalformed(envelope(policy, signature.replace("}", ",\"x\":1}")), "signatures[0].x");
    assertMalformed(
        envelope(policy, signature.replace("\"k\"", "\"" + "k".repeat(257) + "\"")),
        "signatures[0].keyid");
    assertMalformed(
        envelope(policy, signature.replace("AAAA", "A".repeat(1368))), "signatures[0].sig");
    assertMalformed(envelope(policy, "").replace("]}", "],\"more\":1}"), "more");
    String many = String.join(",", Collections.nCopies(65, signature));
    assertMalformed(envelope(policy, many), "signatures");
  }

  @Test
  void longestEnvelope_isTaken_andOneByteMoreIsNot() throws Exception {
    byte[] json = signed(FIRST).toJson();
    byte[] longest = Arrays.copyOf(json, PolicyEnvelope.MAX_BYTES);
    Arrays.fill(longest, json.length, longest.length, (byte) ' ');
    assertThat(PolicyEnvelope.parse(longest).payload()).isEqualTo(POLICY);

    byte[] longer = Arrays.copyOf(longest, longest.length + 1);
    longer[longest.length] = ' ';
    assertThatThrownBy(() -> PolicyEnvelope.parse(longer))
        .isInstanceOf(MalformedEnvelopeException.class);
    assertThatThrownBy(() -> PolicyEnvelope.of(utf8("{\"a\":1 }")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PolicyEnvelope.of(utf8("{\"a\":\"" + "x".repeat(800_000) + "\"}")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
