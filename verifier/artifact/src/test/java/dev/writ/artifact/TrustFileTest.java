// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustFile.SuccessorOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a verifier believes to start with: strict to read, and followed only by its operators' word. */
class TrustFileTest {
  private static final String ECDSA = "SHA256withECDSA";
  private static final TestKey SECOND = TestKey.random();
  private static final TestKey THIRD = TestKey.random();

  private static TrustContent full() {
    TrustContent dev = TestWorld.devTrust();
    return new TrustContent(
        dev.issuer(),
        2,
        Optional.of(hash("previous")),
        TrustContent.Assurance.HARDWARE,
        List.of(
            TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE),
            new TrustedKey(
                TestKey.random().verification(),
                KeyRole.STATUS,
                dev.keys().get(0).nbf(),
                dev.keys().get(0).exp(),
                KeyState.ACTIVE)),
        TrustContents.witnessedLogPolicy(),
        Optional.of(TrustContents.STATUS),
        dev.skew(),
        dev.tls(),
        Optional.of(new KeyQuorum(1, List.of(TestKey.random().verification()))),
        List.of(TestKey.random().verification()),
        new KeyQuorum(2, List.of(TestKey.OPERATOR.verification(), SECOND.verification())));
  }

  private static TrustFile signed(TrustContent content, TestKey... operators) {
    TrustFile file = TrustFile.of(content, List.of());
    for (TestKey operator : operators) {
      file =
          file.with(new OperatorSignature(operator.kid(), operator.sign(content.signingInput())));
    }
    return file;
  }

  private static String json() {
    return new String(signed(full(), SECOND).toJson(), StandardCharsets.UTF_8);
  }

  private static TrustFile parse(String json) throws MalformedTrustFileException {
    return TrustFile.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void parse_ofToJson_isTheSameFile() throws Exception {
    TrustFile file = signed(full(), TestKey.OPERATOR, SECOND);
    TrustFile parsed = TrustFile.parse(file.toJson());

    assertThat(parsed.content()).isEqualTo(file.content());
    assertThat(parsed.signatures()).isEqualTo(file.signatures());
    assertThat(parsed.digest()).isEqualTo(Hash.sha256(file.toJson()));
    assertThat(parsed.logOrigin()).isEqualTo(TestWorld.ORIGIN);
  }

  @Test
  void parse_prettyPrinted_hasTheDigestOfItsBytes() throws Exception {
    String pretty = json().replace(",", ",\n  ");

    assertThat(parse(pretty).digest())
        .isEqualTo(Hash.sha256(pretty.getBytes(StandardCharsets.UTF_8)));
    assertThat(parse(pretty).toJson()).isEqualTo(pretty.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void signingInput_isLabelAndCanonicalJsonOfAllButTheSignatures() throws Exception {
    TrustContent content = full();
    String json = new String(signed(content).toJson(), StandardCharsets.UTF_8);
    String unsigned = Replace.once(json, "\"signatures\":[],", "");

    assertThat(new String(content.signingInput(), StandardCharsets.UTF_8))
        .isEqualTo("writ-trust-v1\0" + new JsonCanonicalizer(unsigned).getEncodedString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1,\"version\";\"v\":2,\"version\";v",
        "\"version\":2;\"version\":1;previous",
        "\"version\":2;\"version\":0;version",
        "\"previous\":\";\"previouz\":\";previous",
        "\"assurance\":\"hardware\";\"assurance\":\"software\";assurance",
        "\"issuer\":\"https://writ.example\";\"issuer\":\"\";issuer",
        "\"skew_s\":5;\"skew_s\":301;skew_s",
        "\"skew_s\":5;\"skew_s\":-1;skew_s",
        "\"max_age_s\":300;\"max_age_s\":0;status.max_age_s",
        "\"max_age_s\":300;\"max_age_s\":86401;status.max_age_s",
        "\"uri\":\"https://writ.example/status\";\"uri\":\"ftp://writ.example/\";status.uri",
        "\"uri\":\"https://writ.example/status\";\"uri\":\"https://writ.example/status/\";status.uri",
        "\"uri\":\"https://writ.example/status\";\"uri\":\"https://writ.example/?l=\";status.uri",
        "\"status\":{;\"statuz\":{;status",
        "\"policy_approvers\":{;\"policy_approverz\":{;policy_approvers",
        "\"operators\":{;\"operatorz\":{;operators",
        "\"threshold\":2;\"threshold\":3;threshold",
        "\"threshold\":2;\"threshold\":0;operators.threshold",
        "\"role\":\"issuer\";\"role\":\"tls\";jwks.keys.role",
        "\"role\":\"issuer\";\"role\":\"root\";jwks.keys[0].role",
        "\"role\":\"issuer\",\"state\":\"active\";\"role\":\"issuer\",\"state\":\"on\";jwks.keys[0].state",
        "\"role\":\"issuer\";\"role\":\"issuer\",\"d\":\"AAAA\";jwks.keys[0].d",
        "\"role\":\"issuer\";\"compromised_from\":6,\"role\":\"issuer\";jwks.keys.compromised_from",
        "\"role\":\"status\";\"compromised_from\":6,\"role\":\"status\";jwks.keys.compromised_from",
        "\"role\":\"issuer\";\"compromised_from\":-1,\"role\":\"issuer\";jwks.keys[0].compromised_from",
        "\"tls\":[\";\"tls\":[\"00;tls",
        "log writ.example/log;# writ.example/log;log_policy",
        "\\nquorum w\\n;\\nquorum none\\n;log_policy",
        "\"sig\":\";\"sig\":\"A;signatures[0].sig",
        "\"signatures\":[{;\"signatures\":[{\"alg\":\"none\",;signatures[0].alg",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    assertThatThrownBy(() -> parse(Replace.once(json(), from, to)))
        .isInstanceOfSatisfying(
            MalformedTrustFileException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @Test
  void parse_ofACompromisedIssuersKey_keepsTheIndex() throws Exception {
    for (OptionalLong index :
        List.of(OptionalLong.empty(), OptionalLong.of(0), OptionalLong.of(Require.MAX_EXACT))) {
      TrustedKey key = TestWorld.compromisedKey(TestKey.ISSUER, index);
      TrustFile file = TestWorld.trust(TrustContents.keys(TestWorld.devTrust(), List.of(key)));

      assertThat(TrustFile.parse(file.toJson()).content().keys()).containsExactly(key);
    }
  }

  @Test
  void trustedKey_compromisedFromOfAnyOther_isRefused() {
    for (TrustedKey key :
        List.of(
            TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE),
            TestWorld.issuerKey(TestKey.ISSUER, KeyState.RETIRED),
            TestWorld.statusKey(TestKey.STATUS, KeyState.COMPROMISED))) {
      assertThatThrownBy(
              () ->
                  new TrustedKey(
                      key.key(), key.role(), key.nbf(), key.exp(), key.state(), OptionalLong.of(1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("compromised_from");
    }
  }

  /** RFC 7517 readers may fetch the next key before it signs. */
  @Test
  void jwks_ofAKeyThatIsPrePublished_holdsIt() {
    TrustFile file = signed(Operations.second());

    assertThat(file.jwks(KeyRole.ISSUER))
        .contains(Base64Url.encode(Operations.SUCCESSOR.kid().bytes()))
        .contains("\"pre_published\"");
  }

  @Test
  void content_keysOfARoleAndGateways_areFoundByRoleAndKid() {
    TrustContent content = full();
    Hash gateway = content.gateways().get(0).kid();

    assertThat(content.keysOf(KeyRole.STATUS)).containsExactly(content.keys().get(1));
    assertThat(content.gateway(gateway)).hasValue(content.gateways().get(0));
    assertThat(content.gateway(TestKey.ISSUER.kid())).isEmpty();
    assertThat(content.gateway(TestKey.OPERATOR.kid())).isEmpty();
  }

  @Test
  void parse_keyUnderAnotherKid_malformed() {
    String kid = Base64Url.encode(TestKey.ISSUER.kid().bytes());
    String other = Base64Url.encode(hash("other").bytes());

    assertThatThrownBy(() -> parse(Replace.once(json(), kid, other)))
        .isInstanceOf(MalformedTrustFileException.class)
        .hasMessageContaining("RFC 7638 thumbprint");
  }

  @Test
  void parse_pointThatIsNotOnTheCurve_malformed() {
    String x = "OgcpB15Wnj0bnuDbujLyLDskodVZjWwGPbHFnjNSZNY";

    assertThatThrownBy(() -> parse(Replace.once(json(), x, "P" + x.substring(1))))
        .isInstanceOf(MalformedTrustFileException.class)
        .hasMessageContaining("a point of P-256");
  }

  @Test
  void content_oneKeyInTwoPlaces_isRefused() {
    TrustContent dev = TestWorld.devTrust();

    assertThatThrownBy(
            () ->
                TrustContents.operators(
                    dev, new KeyQuorum(1, List.of(TestKey.ISSUER.verification()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("keys that stand in one place");
    assertThatThrownBy(
            () ->
                TrustContents.keys(
                    dev,
                    List.of(
                        TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE),
                        TestWorld.issuerKey(TestKey.ISSUER, KeyState.RETIRED))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                TestWorld.trust(
                    TrustContents.keys(
                        dev, List.of(TestWorld.issuerKey(TestKey.LOG, KeyState.ACTIVE)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("log_policy");
  }

  private static TrustedKey checkpoint(TestKey key, KeyState state) {
    TrustedKey issuer = TestWorld.issuerKey(key, state);
    return new TrustedKey(issuer.key(), KeyRole.CHECKPOINT, issuer.nbf(), issuer.exp(), state);
  }

  private static TrustFile withKey(TrustedKey key) {
    TrustContent dev = TestWorld.devTrust();
    List<TrustedKey> keys = new ArrayList<>(dev.keys());
    keys.add(key);
    return TestWorld.trust(TrustContents.keys(dev, keys));
  }

  /** Who reads the log policy alone believes no key that its window's reader does not. */
  @Test
  void checkpointKey_withAWindow_isALogOfTheLogPolicyExactlyUnlessCompromised() {
    assertThat(withKey(checkpoint(TestKey.LOG, KeyState.RETIRING)).content().keys()).hasSize(2);
    assertThat(withKey(checkpoint(TestKey.INSTANCE, KeyState.COMPROMISED)).content().keys())
        .hasSize(2);
    assertThatThrownBy(() -> withKey(checkpoint(TestKey.LOG, KeyState.COMPROMISED)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("log_policy");
    assertThatThrownBy(() -> withKey(checkpoint(TestKey.INSTANCE, KeyState.ACTIVE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("checkpoint keys that are logs of log_policy");
  }

  @Test
  void trustedKey_ofTheRoleTls_isRefused() {
    TrustedKey issuer = TestWorld.issuerKey(TestKey.INSTANCE, KeyState.ACTIVE);

    assertThatThrownBy(
            () ->
                new TrustedKey(
                    issuer.key(), KeyRole.TLS, issuer.nbf(), issuer.exp(), KeyState.ACTIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tls pins these keys");
  }

  /** The Ed25519 line of a checkpoint is for witnesses: it gives no issuing authority. */
  @Test
  void logPolicy_ed25519LogKey_isRefused() throws Exception {
    KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    String vkey = KeyPairNoteSigner.of(TestWorld.ORIGIN, ed25519).key().vkey();
    String json =
        Replace.once(
            new String(signed(TestWorld.devTrust()).toJson(), StandardCharsets.UTF_8),
            "quorum none",
            "log " + vkey + "\\nquorum none");

    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(MalformedTrustFileException.class)
        .hasMessageContaining("note type 0x02");
  }

  @Test
  void jwks_ofARole_holdsNoOtherRoleAndNothingCompromised() {
    TrustFile file = signed(full());
    TrustFile compromised =
        TestWorld.trust(
            TrustContents.keys(
                TestWorld.devTrust(),
                List.of(TestWorld.issuerKey(TestKey.ISSUER, KeyState.COMPROMISED))));

    assertThat(file.jwks(KeyRole.ISSUER)).contains("\"issuer\"").doesNotContain("\"status\"");
    assertThat(file.jwks(KeyRole.STATUS)).contains("\"status\"").doesNotContain("\"issuer\"");
    assertThat(compromised.jwks(KeyRole.ISSUER)).isEqualTo("{\"keys\":[]}");
  }

  @Test
  void pinned_itsOwnDigest_isRead() throws Exception {
    TrustFile file = signed(TestWorld.devTrust());

    assertThat(TrustFile.pinned(file.toJson(), file.digest()).content()).isEqualTo(file.content());
  }

  @Test
  void pinned_anotherDigest_malformed() {
    TrustFile file = signed(TestWorld.devTrust());

    assertThatThrownBy(() -> TrustFile.pinned(file.toJson(), hash("other")))
        .isInstanceOf(MalformedTrustFileException.class)
        .hasMessageContaining("pinned SHA-256");
  }

  private static TrustFile first() {
    return signed(
        TrustContents.operators(
            TestWorld.devTrust(),
            new KeyQuorum(
                2,
                List.of(
                    TestKey.OPERATOR.verification(),
                    SECOND.verification(),
                    THIRD.verification()))));
  }

  private static TrustContent second() {
    return TrustContents.successor(first().content(), 2, first().digest());
  }

  @Test
  void verifySuccessor_signedByTheThreshold_accepted() {
    TrustFile next = signed(second(), TestKey.OPERATOR, THIRD);

    assertThat(accepted(first(), next).digest()).isEqualTo(next.digest());
  }

  private static TrustFile accepted(TrustFile believed, TrustFile next) {
    SuccessorOutcome outcome = believed.verifySuccessor(next);
    assertThat(outcome).isInstanceOf(SuccessorOutcome.Accepted.class);
    return ((SuccessorOutcome.Accepted) outcome).next();
  }

  /** A forged later version, or a real one that nobody showed the way to. */
  @Test
  void verifier_ofALaterVersionThatIsOnlyRead_isRefused() throws Exception {
    TrustFile unsigned = signed(second());
    TrustFile byItself = signed(second(), TestKey.OPERATOR, THIRD);

    for (TrustFile read : List.of(unsigned, byItself, TrustFile.parse(byItself.toJson()))) {
      assertThat(read.mayBeBelieved()).isFalse();
      assertThatThrownBy(() -> BundleVerifier.of(read))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("was version 2")
          .hasMessageContaining("pin");
      assertThatThrownBy(() -> BundleVerifier.of(read, Signature.getInstance(ECDSA).getProvider()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("was version 2");
    }
  }

  @Test
  void verifier_ofVersionOneAPinOrAnAcceptedSuccessor_judges() throws Exception {
    TrustFile next = signed(second(), TestKey.OPERATOR, THIRD);

    for (TrustFile believed :
        List.of(
            TrustFile.parse(first().toJson()),
            TrustFile.pinned(next.toJson(), next.digest()),
            accepted(first(), next))) {
      assertThat(believed.mayBeBelieved()).isTrue();
      assertThat(
              BundleVerifier.of(believed)
                  .verify(
                      Issuance.valid().bundle(),
                      Presentation.NOTHING,
                      Seen.NOTHING_IS_USED,
                      TestWorld.NOW))
          .isInstanceOf(Verdict.Allowed.class);
    }
  }

  /** Else anybody's version 2 would introduce anybody's version 3. */
  @Test
  void verifySuccessor_ofAVersionThatIsOnlyRead_refused() {
    TrustFile next = signed(second(), TestKey.OPERATOR, THIRD);
    TrustFile third =
        signed(TrustContents.successor(next.content(), 3, next.digest()), TestKey.OPERATOR, SECOND);

    assertThat(next.verifySuccessor(third)).isInstanceOf(SuccessorOutcome.Refused.class);
    assertThat(accepted(accepted(first(), next), third).digest()).isEqualTo(third.digest());
  }

  @Test
  void verifySuccessor_signedByTooFew_refused() {
    assertRefused(signed(second(), SECOND), "operators that signed must be 2 or more, was 1");
    assertRefused(signed(second()), "operators that signed must be 2 or more, was 0");
  }

  @Test
  void verifySuccessor_signedByItsOwnNewOperators_refused() {
    TestKey thief = TestKey.random();
    TestKey accomplice = TestKey.random();
    TrustContent stolen =
        TrustContents.operators(
            second(), new KeyQuorum(2, List.of(thief.verification(), accomplice.verification())));

    assertRefused(
        signed(stolen, thief, accomplice), "operators that signed must be 2 or more, was 0");
  }

  @Test
  void verifySuccessor_signatureOfAnotherContent_refused() {
    TrustFile next =
        signed(second(), TestKey.OPERATOR)
            .with(
                new OperatorSignature(SECOND.kid(), SECOND.sign(first().content().signingInput())));

    assertRefused(next, "operators that signed must be 2 or more, was 1");
  }

  @Test
  void signatures_twoOfOneOperator_isRefused() {
    TrustFile once = signed(second(), SECOND);

    assertThatThrownBy(
            () ->
                once.with(
                    new OperatorSignature(SECOND.kid(), SECOND.sign(second().signingInput()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one of each operator");
  }

  @Test
  void verifySuccessor_anotherVersionPreviousIssuerOrAssurance_refused() {
    TrustFile first = first();
    TrustContent c = first.content();

    assertRefused(
        signed(TrustContents.successor(c, 3, first.digest()), TestKey.OPERATOR, SECOND), "version");
    assertRefused(
        signed(TrustContents.successor(c, 2, hash("fork")), TestKey.OPERATOR, SECOND), "previous");
    assertRefused(
        signed(TrustContents.issuer(second(), "https://other.example"), TestKey.OPERATOR, SECOND),
        "issuer");
    assertRefused(signed(TrustContents.hardware(second()), TestKey.OPERATOR, SECOND), "assurance");
    assertRefused(first, "version");
  }

  private static void assertRefused(TrustFile next, String reason) {
    assertThat(first().verifySuccessor(next))
        .isInstanceOfSatisfying(
            SuccessorOutcome.Refused.class,
            refused -> assertThat(refused.reason()).startsWith(reason));
  }
}
