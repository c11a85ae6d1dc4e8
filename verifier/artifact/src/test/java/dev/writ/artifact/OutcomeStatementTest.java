// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.OutcomeStatement.Signer;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The signed word on how an execution ended: its form, and whose it is. */
class OutcomeStatementTest {
  private static final OutcomeClaims CLAIMS =
      new OutcomeClaims(
          TestWorld.JTI, hash("artifact"), OutcomeState.OK, TestWorld.NOW.plusMillis(7));
  private static final Signer HOLDER = new Signer.Holder(TestKey.INSTANCE.publicKey());
  private static final Signer GATEWAY = new Signer.Gateway(TestKey.GATEWAY.kid());

  private static OutcomeStatement signed(Signer signer, TestKey key) {
    byte[] input = OutcomeStatement.signingInput(signer, CLAIMS);
    return OutcomeStatement.assemble(input, key.sign(input));
  }

  private static boolean holds(OutcomeStatement statement, TestKey key) {
    return statement.isSignedBy(P256Verifier.of(key.publicKey()));
  }

  /** The statement with its header's or payload's JSON changed, and signed all the same. */
  private static String changed(Signer signer, int part, String from, String to) {
    String input =
        new String(OutcomeStatement.signingInput(signer, CLAIMS), StandardCharsets.US_ASCII);
    String[] parts = input.split("\\.");
    String json = new String(Base64.getUrlDecoder().decode(parts[part]), StandardCharsets.UTF_8);
    parts[part] =
        Base64Url.encode(Replace.once(json, from, to).getBytes(StandardCharsets.ISO_8859_1));
    String changed = parts[0] + "." + parts[1];
    return changed
        + "."
        + Base64Url.encode(TestKey.INSTANCE.sign(changed.getBytes(StandardCharsets.US_ASCII)));
  }

  private static void assertMalformed(String compact, String field) {
    assertThatThrownBy(() -> OutcomeStatement.parse(compact))
        .isInstanceOfSatisfying(
            MalformedOutcomeException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @Test
  void parse_holders_carriesTheKey() throws Exception {
    OutcomeStatement statement = OutcomeStatement.parse(signed(HOLDER, TestKey.INSTANCE).compact());

    assertThat(statement.claims()).isEqualTo(CLAIMS);
    assertThat(statement.signer()).isEqualTo(HOLDER);
    assertThat(statement.signer().kid()).isEqualTo(TestKey.INSTANCE.kid());
    assertThat(statement.signer().reporter()).isEqualTo(Reporter.HOLDER);
    assertThat(holds(statement, TestKey.INSTANCE)).isTrue();
  }

  @Test
  void parse_gateways_namesTheKey() throws Exception {
    OutcomeStatement statement = OutcomeStatement.parse(signed(GATEWAY, TestKey.GATEWAY).compact());

    assertThat(statement.claims()).isEqualTo(CLAIMS);
    assertThat(statement.signer()).isEqualTo(GATEWAY);
    assertThat(statement.signer().reporter()).isEqualTo(Reporter.GATEWAY);
    assertThat(holds(statement, TestKey.GATEWAY)).isTrue();
  }

  @Test
  void isSignedBy_signatureOfAnotherKey_doesNotHold() {
    assertThat(holds(signed(HOLDER, TestKey.GATEWAY), TestKey.INSTANCE)).isFalse();
    assertThat(holds(signed(GATEWAY, TestKey.INSTANCE), TestKey.GATEWAY)).isFalse();
  }

  /** Good under the key that is tried, but the header names another. */
  @Test
  void isSignedBy_keyThatTheHeaderDoesNotName_doesNotHold() {
    assertThat(holds(signed(HOLDER, TestKey.GATEWAY), TestKey.GATEWAY)).isFalse();
    assertThat(holds(signed(GATEWAY, TestKey.INSTANCE), TestKey.INSTANCE)).isFalse();
  }

  @Test
  void digest_isOfHeaderAndPayloadAlone() {
    OutcomeStatement one = signed(HOLDER, TestKey.INSTANCE);
    OutcomeStatement other = signed(HOLDER, TestKey.INSTANCE);
    String input = one.compact().substring(0, one.compact().lastIndexOf('.'));

    assertThat(one.digest())
        .isEqualTo(Hash.sha256(input.getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(other.digest());
    assertThat(one.compact()).isNotEqualTo(other.compact());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1;\"v\":2;v",
        "\"v\":1;\"v\":1,\"x\":0;x",
        "\"state\":\"ok\";\"state\":\"OK\";state",
        "\"state\":\"ok\";\"state\":\"revoked\";state",
        "\"at\":1793606430007;\"at\":1793606430007.5;at",
        "\"at\":1793606430007;\"at\":-1;at",
        "\"at\":1793606430007;\"at\":\"1793606430007\";at",
        "\"jti\":\"019a;\"jti\":\"019A;jti",
        "\"artifact_digest\":\";\"artifact_digest\":\"A;artifact_digest",
      })
  void parse_oneClaimWrong_malformedNamingIt(String from, String to, String field) {
    assertMalformed(changed(HOLDER, 1, from, to), field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "ES256;none",
        "writ-outcome+jwt;JWT",
        "writ-outcome+jwt;authz-artifact+jwt",
        "P-256;P-384",
        "\"kty\":\"EC\";\"kty\": \"EC\"",
        "\"crv\":\"P-256\";\"d\":\"AA\",\"crv\":\"P-256\"",
        "\"x\":\"n;\"x\":\"m",
        "\"y\":\"O;\"y\":\"P",
        "{\"alg\":\"ES256\",\"jwk\";{\"alg\":\"ES256\",\"kid\":\"x\",\"jwk\"",
      })
  void parse_holdersHeaderAnother_malformed(String from, String to) {
    assertThatThrownBy(() -> OutcomeStatement.parse(changed(HOLDER, 0, from, to)))
        .isInstanceOf(MalformedOutcomeException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "ES256;none",
        "writ-outcome+jwt;statuslist+jwt",
        "\"kid\";\"jku\":\"https://a/\",\"kid\"",
        "\"kid\":\";\"kid\":\"A",
      })
  void parse_gatewaysHeaderAnother_malformed(String from, String to) {
    assertMalformed(changed(GATEWAY, 0, from, to), "header");
  }

  @Test
  void parse_notAJws_malformed() {
    String compact = signed(HOLDER, TestKey.INSTANCE).compact();

    for (String other :
        new String[] {"", "..", compact + ".", compact + "AA", " " + compact, "A".repeat(2049)}) {
      assertThatThrownBy(() -> OutcomeStatement.parse(other))
          .isInstanceOf(MalformedOutcomeException.class);
    }
  }

  @Test
  void claims_timeFinerThanMilliseconds_isRefused() {
    assertThatThrownBy(
            () ->
                new OutcomeClaims(
                    TestWorld.JTI, hash("a"), OutcomeState.UNKNOWN, TestWorld.NOW.plusNanos(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
