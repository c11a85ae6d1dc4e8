// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The status list token's form: draft-ietf-oauth-status-list, and the claim {@code writ}. */
class StatusTokenTest {
  private static StatusToken parse(String compact) throws MalformedStatusTokenException {
    return StatusToken.parse(compact);
  }

  @Test
  void parse_ofAssemble_saysTheSame() throws Exception {
    StatusClaims claims = StatusIssuance.valid().revoke(0).revoke(131071).claims();
    byte[] input = StatusToken.signingInput(TestKey.STATUS.kid(), claims);
    StatusToken token = StatusToken.assemble(input, TestKey.STATUS.sign(input));

    assertThat(token.claims()).isEqualTo(claims);
    assertThat(token.kid()).isEqualTo(TestKey.STATUS.kid());
    assertThat(parse(token.compact())).isEqualTo(token);
    assertThat(parse(token.compact()).claims()).isEqualTo(claims);
  }

  /** The example of section 5.1 with our claim and lifetime: names and places of the draft's members. */
  @Test
  void claims_areSpelledAsTheDraftSpellsThem() {
    String json =
        new String(
            Jcs.canonical(StatusIssuance.valid().size(16).claims().toMap()),
            StandardCharsets.UTF_8);
    // How zlib compresses is zlib's affair.

    assertThat(json.replaceFirst("\"lst\":\"[^\"]+\"", "\"lst\":\"…\""))
        .isEqualTo(
            "{\"exp\":1793606720,\"iat\":1793606420,"
                + "\"status_list\":{\"bits\":1,\"lst\":\"…\"},"
                + "\"sub\":\"https://writ.example/status/0\",\"ttl\":60,"
                + "\"writ\":{\"epoch\":7,\"min_epoch\":7,\"policy_digest\":\""
                + hash("policy")
                + "\",\"root\":\""
                + hash("root of 20")
                + "\",\"tree_size\":20,\"trust_version\":1}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"sub\":\"https://writ;\"sub\":\"ftp://writ;sub",
        "\"sub\":\"https;\"iss\":\"x\",\"sub\":\"https;iss",
        "\"iat\":1793606420;\"iat\":1793606420.5;iat",
        "\"iat\":1793606420;\"iat\":-1;iat",
        "\"exp\":1793606720;\"exp\":1793606420;exp",
        "\"exp\":1793606720;\"exp\":1793692821;exp",
        "\"exp\":1793606720,;;exp",
        "\"ttl\":60;\"ttl\":61;ttl",
        "\"ttl\":60;\"ttl\":0;ttl",
        "\"bits\":1;\"bits\":2;status_list.bits",
        "\"bits\":1;\"bits\":1,\"aggregation_uri\":\"https://a/\";status_list.aggregation_uri",
        "\"epoch\":7,\"min;\"epoch\":0,\"min;writ.epoch",
        "\"min_epoch\":7;\"min_epoch\":8;writ.min_epoch",
        "\"min_epoch\":7;\"min_epoch\":0;writ.min_epoch",
        "\"tree_size\":20;\"tree_size\":0;writ.tree_size",
        "\"trust_version\":1;\"trust_version\":0;writ.trust_version",
        "\"trust_version\":1;\"trust_version\":1,\"x\":1;writ.x",
        "\"root\":\";\"root\":\"A;writ.root",
        "\"policy_digest\";\"policy_digezt\";writ.policy_digest",
      })
  void parse_oneClaimWrong_malformedNamingIt(String from, String to, String field) {
    StatusIssuance token = StatusIssuance.valid().payload(from, to == null ? "" : to);

    assertThatThrownBy(() -> parse(token.get()))
        .isInstanceOfSatisfying(
            MalformedStatusTokenException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "ES256;none",
        "statuslist+jwt;JWT",
        "statuslist+jwt;authz-artifact+jwt",
        "{\"alg\";{ \"alg\"",
        "{\"alg\";{\"crit\":[\"exp\"],\"alg\"",
        "\"kid\";\"jwk\":{},\"kid\"",
      })
  void parse_anotherHeader_malformed(String from, String to) {
    String compact = StatusIssuance.valid().header(from, to).get();

    assertThatThrownBy(() -> parse(compact))
        .isInstanceOfSatisfying(
            MalformedStatusTokenException.class, e -> assertThat(e.field()).isEqualTo("header"));
  }

  @Test
  void parse_artifactOrTooLong_malformed() {
    String compact = StatusIssuance.valid().get();

    for (String other :
        new String[] {
          "", "..", compact + ".", compact + "A", compact + "=", "A".repeat(49_153), "a.b.c"
        }) {
      assertThatThrownBy(() -> parse(other)).isInstanceOf(MalformedStatusTokenException.class);
    }
  }

  /** The longest there can be: the list does not compress, the URI is as long as it may be. */
  @Test
  void parse_fullestToken_isWithinTheLimits() throws Exception {
    Random noise = new Random(4711);
    StatusIssuance token = StatusIssuance.valid().lifetime(Duration.ofDays(1));
    for (int idx = 0; idx < StatusList.MAX_SIZE; idx++) {
      if (noise.nextBoolean()) {
        token.revoke(idx);
      }
    }
    token
        .list("https://writ.example/" + "u".repeat(512 - 32) + "/2147483647")
        .trustVersion(Require.MAX_EXACT);

    StatusToken parsed = parse(token.get());

    assertThat(parsed.claims()).isEqualTo(token.claims());
    assertThat(parsed.compact().length()).isBetween(30_000, StatusToken.MAX_LENGTH);
  }

  @Test
  void isLaterThan_secondThenTreeSize() {
    StatusToken one = StatusIssuance.valid().at(-10).tree(20).token();

    assertThat(StatusIssuance.valid().at(-9).tree(5).token().isLaterThan(one)).isTrue();
    assertThat(StatusIssuance.valid().at(-10).tree(21).token().isLaterThan(one)).isTrue();
    assertThat(StatusIssuance.valid().at(-10).tree(20).token().isLaterThan(one)).isFalse();
    assertThat(StatusIssuance.valid().at(-11).tree(90).token().isLaterThan(one)).isFalse();
  }

  @Test
  void assemble_ofOtherParts_isABug() {
    byte[] input = "not an input".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> StatusToken.assemble(input, new byte[64]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("bug");
  }

  @Test
  void compact_isThreePartsOfBase64Url() {
    String[] parts = StatusIssuance.valid().get().split("\\.");

    assertThat(parts).hasSize(3);
    assertThat(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"alg\":\"ES256\",\"kid\":\""
                + Base64Url.encode(TestKey.STATUS.kid().bytes())
                + "\",\"typ\":\"statuslist+jwt\"}");
  }
}
