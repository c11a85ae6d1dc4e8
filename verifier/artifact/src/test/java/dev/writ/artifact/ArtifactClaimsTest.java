// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The claims set: every claim bounded, every value in its one spelling. */
class ArtifactClaimsTest {
  private static final String JSON =
      new String(withStatus(TestWorld.claims()).toJson(), StandardCharsets.UTF_8);

  private static ArtifactClaims withStatus(ArtifactClaims c) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        c.aud(),
        c.iat(),
        c.nbf(),
        c.exp(),
        c.jti(),
        c.jkt(),
        c.tenant(),
        c.act(),
        c.env(),
        c.policy(),
        c.gov(),
        c.lineage(),
        Optional.of(new StatusReference(131071, "https://writ.example/status/1")),
        c.logOrigin(),
        c.ear());
  }

  private static ArtifactClaims parse(String json) throws MalformedArtifactException {
    return ArtifactClaims.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void parse_ofToJson_isTheSameClaims() throws Exception {
    assertThat(parse(JSON)).isEqualTo(withStatus(TestWorld.claims()));
    assertThat(ArtifactClaims.parse(TestWorld.claims().toJson())).isEqualTo(TestWorld.claims());
  }

  @Test
  void toJson_isCanonical() throws Exception {
    assertThat(JSON).isEqualTo(new JsonCanonicalizer(JSON).getEncodedString());
  }

  @Test
  void request_isWhatTheClaimsGrant() {
    ExecutionRequest request = TestWorld.claims().request();

    assertThat(request.act()).isEqualTo(TestWorld.act());
    assertThat(request.parent()).contains(TestWorld.PARENT);
    assertThat(request.jkt()).isEqualTo(TestKey.INSTANCE.kid());
    assertThat(Claims.audience(TestWorld.claims(), "other").request().digest())
        .isNotEqualTo(request.digest());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"iat\":1793606400,\"iss\";\"iat\":1793606401,\"iss\";nbf",
        "\"iat\":1793606400,\"iss\";\"iat\":1793606400.0,\"iss\";iat",
        "\"iat\":1793606400,\"iss\";\"iat\":\"1793606400\",\"iss\";iat",
        "\"iat\":1793606400,\"iss\";\"iat\":-1,\"iss\";iat",
        "\"nbf\":1793606400;\"nbf\":1793606700;exp",
        "\"exp\":1793606700;\"exp\":1793606400;exp",
        "\"exp\":1793606700;\"exp\":1793610001;exp",
        "\"exp\":1793606700;\"exp\":253402300800;exp",
        "\"jti\":\"019a4315-7d00-7;\"jti\":\"019a4315-7d00-4;jti",
        "\"cnf\":{\"jkt\":\";\"cnf\":{\"jwk\":{},\"jkt\":\";cnf.jwk",
        "\"sub\":\"spiffe:;\"sub\":\"spiff:;sub",
        "\"tenant\":\"acme\";\"tenant\":\"\";tenant",
        "\"ak_name\":\"AAu;\"ak_name\":\"AAw;ak_name",
        "\"bank\":\"sha256\";\"bank\":\"sha1\";env.pcrs[0].bank",
        "[0,2,4,7];[0,2,4,24];env.pcrs[0].selection",
        "[0,2,4,7];[0,4,2,7];env.pcrs.selection",
        "[0,2,4,7];[0,2,2,7];env.pcrs.selection",
        "[0,2,4,7];[];env.pcrs.selection",
        "\"reset_count\":12;\"reset_count\":4294967296;env.reset_count",
        "\"restart_count\":3;\"restart_count\":-1;env.restart_count",
        "\"key_storage\":\"tpm\";\"key_storage\":\"TPM\";env.key_storage",
        "\"epoch\":7;\"epoch\":0;policy.epoch",
        "\"version\":3;\"version\":0;policy.version",
        "\"initiator\":\"alice@acme.example\";\"initiator\":\"\";gov.initiator",
        "[\"log:full\"];[\"log:full\",\"log:full\"];gov.obligations",
        "[\"log:full\"];[\"Log:full\"];gov.obligations",
        "[\"log:full\"];[\":full\"];gov.obligations",
        "[\"change-4711\"];[\"\"];gov.approvals",
        "\"mode\":\"dev\";\"mode\":\"off\";gov.mode",
        "\"depth\":1;\"depth\":0;lineage.depth",
        "\"depth\":1;\"depth\":65;lineage.depth",
        "\"idx\":131071;\"idx\":131072;status.status_list.idx",
        "\"uri\":\"https:;\"uri\":\"file:;status.status_list.uri",
        "\"status\":{;\"status\":{\"x\":1,;status.x",
        "\"origin\":\"writ.example/log\";\"origin\":\"a b\";log.origin",
        "ear#03;ear#02;ear.eat_profile",
        "\"ear_status\":\"affirming\";\"ear_status\":\"green\";ear_status",
        "\"executables\":2;\"executables\":128;executables",
        "\"executables\":2;\"executables\":33;ear_status",
        "\"eat_nonce\":\";\"nonce\":\"x\",\"eat_nonce\":\"\\n;ear.eat_nonce",
        "\"ear_verifier_id\":{;\"ear_verifier_id\":[],\"x\":{;ear_verifier_id",
        "\"tenant\";\"unknown\":0,\"tenant\";unknown",
      })
  void parse_oneClaimWrong_malformedNamingIt(String from, String to, String field) {
    assertThatThrownBy(() -> parse(Replace.once(JSON, from, to)))
        .isInstanceOfSatisfying(
            MalformedArtifactException.class,
            e -> assertThat(e.field()).as(e.toString()).endsWith(field));
  }

  @Test
  void parse_eachClaimAbsent_malformedNamingIt() {
    List<String> claims =
        List.of(
            "act", "aud", "cnf", "ear", "env", "gov", "iss", "jti", "lineage", "log", "nbf",
            "policy", "sub", "tenant");
    for (String claim : claims) {
      assertThatThrownBy(() -> parse(JSON.replace("\"" + claim + "\":", "\"x" + claim + "\":")))
          .isInstanceOfSatisfying(
              MalformedArtifactException.class, e -> assertThat(e.field()).isEqualTo(claim));
    }
  }

  @Test
  void claims_lifetime_isAtMostAnHour() {
    ArtifactClaims c = TestWorld.claims();

    assertThat(lasting(c, Duration.ofHours(1)).exp()).isEqualTo(c.iat().plusSeconds(3600));
    assertThatThrownBy(() -> lasting(c, Duration.ofSeconds(3601)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most PT1H after iat");
    assertThatThrownBy(() -> lasting(c, Duration.ofMillis(1500)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a whole second");
  }

  private static ArtifactClaims lasting(ArtifactClaims c, Duration lifetime) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        c.aud(),
        c.iat(),
        c.nbf(),
        c.iat().plus(lifetime),
        c.jti(),
        c.jkt(),
        c.tenant(),
        c.act(),
        c.env(),
        c.policy(),
        c.gov(),
        c.lineage(),
        c.status(),
        c.logOrigin(),
        c.ear());
  }

  @Test
  void lineage_depthParentAndRoot_agree() {
    Lineage root = Lineage.rootOf(TestWorld.EXECUTION);

    assertThat(root.root()).isEqualTo(TestWorld.EXECUTION);
    assertThatThrownBy(
            () ->
                new Lineage(
                    TestWorld.EXECUTION, Optional.of(TestWorld.PARENT), TestWorld.EXECUTION, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Lineage(TestWorld.EXECUTION, Optional.empty(), TestWorld.ROOT, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new Lineage(
                    TestWorld.EXECUTION, Optional.of(TestWorld.PARENT), TestWorld.EXECUTION, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
