// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.MADE;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.RequestApproval.Outcome;
import dev.writ.artifact.RequestApproval.Reason;
import dev.writ.artifact.RequestApproval.Terms;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An approver's word for a request: its bytes, and each way in which it is nobody's. */
class RequestApprovalTest {
  private static final ExecutionRequest REQUEST = TestWorld.claims().request();
  private static final TrustContent TRUST =
      TestWorld.devTrust().approvedBy(new KeyQuorum(1, List.of(TestKey.APPROVER.verification())));

  private static Terms terms(TestKey key) {
    return terms(key, MADE.plusSeconds(600));
  }

  private static Terms terms(TestKey key, Instant expires) {
    return terms(key, expires, Optional.of("oidc:corp:dave"));
  }

  private static Terms terms(TestKey key, Instant expires, Optional<String> initiator) {
    return new Terms(
        TestWorld.ISSUER,
        REQUEST.digest(),
        hash("policy"),
        initiator.map(name -> Terms.committed(REQUEST, hash("nonce"), name)),
        hash("nonce"),
        MADE,
        expires,
        key.kid());
  }

  private static RequestApproval signed(Terms terms, TestKey key) {
    return new RequestApproval(terms, key.sign(terms.signingInput()));
  }

  private static RequestApproval approval() {
    return signed(terms(TestKey.APPROVER), TestKey.APPROVER);
  }

  private static void assertRefused(Reason reason, RequestApproval approval) {
    assertThat(approval.judge(TRUST))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused -> assertThat(refused.reason()).as(refused.message()).isEqualTo(reason));
  }

  /** The bytes are written here by hand: whoever signs elsewhere signs these. */
  @Test
  void signingInput_isTheLabelAndTheCanonicalMembersWithoutTheSignature() {
    assertThat(new String(terms(TestKey.APPROVER).signingInput(), StandardCharsets.UTF_8))
        .isEqualTo(
            "writ-request-approval-v1\0{\"expires\":"
                + (MADE.getEpochSecond() + 600)
                + ",\"given\":"
                + MADE.getEpochSecond()
                + ",\"initiator\":\""
                + initiatorByHand()
                + "\",\"issuer\":\"https://writ.example\",\"kid\":\""
                + Base64Url.encode(TestKey.APPROVER.kid().bytes())
                + "\",\"nonce\":\""
                + hash("nonce")
                + "\",\"policy_digest\":\""
                + hash("policy")
                + "\",\"request_digest\":\""
                + REQUEST.digest()
                + "\",\"v\":1}");
  }

  private static Hash initiatorByHand() {
    Hash salt =
        LabelledHash.of("writ-approval-initiator-v1", hash("nonce"), Hash.sha256(REQUEST.jcs()));
    return LabelledHash.of(
        "writ-commitment-v1",
        salt,
        Hash.sha256("oidc:corp:dave".getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void isFor_itsRequestAndInitiator_andNobodyElses() throws Exception {
    Terms dave = terms(TestKey.APPROVER);
    assertThat(dave.isFor(REQUEST, Optional.of("oidc:corp:dave"))).isTrue();
    assertThat(dave.isFor(REQUEST, Optional.of("oidc:corp:eve"))).isFalse();
    assertThat(dave.isFor(REQUEST, Optional.empty())).isFalse();
    Terms nobodys = terms(TestKey.APPROVER, dave.expires(), Optional.empty());
    assertThat(nobodys.isFor(REQUEST, Optional.empty())).isTrue();
    assertThat(nobodys.isFor(REQUEST, Optional.of("oidc:corp:dave"))).isFalse();
    RequestApproval parsed = RequestApproval.parse(signed(nobodys, TestKey.APPROVER).toJson());
    assertThat(parsed.terms()).isEqualTo(nobodys);
    ExecutionRequest another =
        new ExecutionRequest(
            REQUEST.iss(),
            REQUEST.aud(),
            "another",
            REQUEST.sub(),
            REQUEST.act(),
            REQUEST.parent(),
            REQUEST.jkt());
    assertThat(dave.isFor(another, Optional.of("oidc:corp:dave"))).isFalse();
  }

  /** The log is anybody's to read: the name is not in it, and two approvals for one do not look alike. */
  @Test
  void leaf_hidesTheInitiator() {
    String leaf =
        new String(
            Leaf.of(MADE, TestWorld.LEAF_ID, List.of(), new RequestApproved(approval())).bytes(),
            StandardCharsets.UTF_8);
    assertThat(leaf).contains("\"initiator\":\"" + initiatorByHand()).doesNotContain("dave");
    assertThat(Terms.committed(REQUEST, hash("another nonce"), "oidc:corp:dave").digest())
        .isNotEqualTo(initiatorByHand());
  }

  @Test
  void parse_ofItsJson_isTheSame_andSoIsItsLeaf() throws Exception {
    RequestApproval approval = approval();
    assertThat(RequestApproval.parse(approval.toJson()))
        .isEqualTo(approval)
        .hasSameHashCodeAs(approval);

    Leaf leaf =
        Leaf.of(MADE, TestWorld.LEAF_ID, List.of(hash("policy")), new RequestApproved(approval));
    Leaf read = Leaf.parse(leaf.bytes());
    assertThat(read.kind()).isEqualTo(LeafKind.APPROVAL);
    assertThat(read.body()).isEqualTo(new RequestApproved(approval));
    assertThat(((RequestApproved) read.body()).approval().judge(TRUST))
        .isEqualTo(new Outcome.Holds(ApproverRole.POLICY_APPROVER));
  }

  @Test
  void judge_ofWhomTheTrustFileNames_holdsInThatRole() {
    assertThat(approval().judge(TRUST)).isEqualTo(new Outcome.Holds(ApproverRole.POLICY_APPROVER));
    assertThat(signed(terms(TestKey.OPERATOR), TestKey.OPERATOR).judge(TRUST))
        .isEqualTo(new Outcome.Holds(ApproverRole.OPERATOR));
    assertThat(ApproverRole.of(TRUST, TestKey.GATEWAY.kid())).isEmpty();
  }

  @Test
  void judge_ofAnybodyElsesWord_isRefused() {
    Terms own = terms(TestKey.APPROVER);
    assertRefused(Reason.UNKNOWN_APPROVER, signed(terms(TestKey.GATEWAY), TestKey.GATEWAY));
    assertRefused(Reason.SIGNATURE, signed(own, TestKey.OPERATOR));
    assertRefused(
        Reason.OTHER_ISSUER,
        signed(
            new Terms(
                "https://other.example",
                own.requestDigest(),
                own.policyDigest(),
                own.initiator(),
                own.nonce(),
                own.given(),
                own.expires(),
                own.kid()),
            TestKey.APPROVER));
    assertThat(approval().judge(TestWorld.devTrust()))
        .as("an approver who was removed")
        .isInstanceOf(Outcome.Refused.class);
  }

  /** Whatever of it is another, the signature is not over it. */
  @ParameterizedTest
  @ValueSource(strings = {"request_digest", "policy_digest", "initiator", "nonce"})
  void judge_ofAnotherDigestUnderTheSameSignature_isRefused(String member) throws Exception {
    String json = new String(approval().toJson(), StandardCharsets.UTF_8);
    String was = json.split("\"" + member + "\":\"", 2)[1].substring(0, 64);
    assertRefused(
        Reason.SIGNATURE,
        RequestApproval.parse(
            json.replace(was, hash("another").hex()).getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"given", "expires"})
  void judge_ofAnotherTimeUnderTheSameSignature_isRefused(String member) throws Exception {
    String json = new String(approval().toJson(), StandardCharsets.UTF_8);
    long was = MADE.getEpochSecond() + (member.equals("given") ? 0 : 600);
    assertRefused(
        Reason.SIGNATURE,
        RequestApproval.parse(
            Replace.once(json, "\"" + member + "\":" + was, "\"" + member + "\":" + (was + 1))
                .getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void holdsAt_itsEnd_notAnyMore() {
    assertThat(approval().terms().holdsAt(MADE.plusSeconds(600).minusMillis(1))).isTrue();
    assertThat(approval().terms().holdsAt(MADE.plusSeconds(600))).isFalse();
  }

  @Test
  void terms_ofMoreThanADayOrNone_areNone() {
    Instant most = MADE.plus(Duration.ofDays(1));
    assertThat(terms(TestKey.APPROVER, most).expires()).isEqualTo(most);
    for (Instant expires : List.of(MADE, MADE.minusSeconds(1), most.plusSeconds(1))) {
      assertThatThrownBy(() -> terms(TestKey.APPROVER, expires))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("expires");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "\"v\":1 | \"v\":2",
        "\"v\":1 | \"v\":1,\"w\":1",
        "{\"expires\" | {\"role\":\"operator\",\"expires\"",
        "\"issuer\":\"https://writ.example\" | \"issuer\":\"\"",
        "\"kid\":\" | \"kid\":\"A",
        "\"signature\":\" | \"signature\":\"A",
        "\"given\": | \"given\":-",
        "\"request_digest\":\" | \"request_digest\":\"F",
        "\"nonce\" | \"nounce\"",
        "\"initiator\":\" | \"initiator\":\"A",
      })
  void parse_oneThingWrong_malformed(String from, String to) {
    byte[] wrong = Replace.once(approval().toJson(), from, to);
    assertThatThrownBy(() -> RequestApproval.parse(wrong))
        .isInstanceOf(MalformedRequestApprovalException.class);
  }

  @Test
  void parse_ofAnotherSpelling_malformed() {
    String json = new String(approval().toJson(), StandardCharsets.UTF_8);
    assertThatThrownBy(() -> RequestApproval.parse((json + "\n").getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedRequestApprovalException.class)
        .hasMessageContaining("canonical");
  }
}
