// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The request: strict to read, and one digest for one meaning. */
class ExecutionRequestTest {
  private static final String JSON =
      new String(TestWorld.claims().request().jcs(), StandardCharsets.UTF_8);

  private static ExecutionRequest parse(String json) throws MalformedRequestException {
    return ExecutionRequest.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void parse_ofJcs_isTheSameRequest() throws Exception {
    assertThat(parse(JSON)).isEqualTo(TestWorld.claims().request());
  }

  @Test
  void jcs_isCanonicalAndHoldsAllMembers() throws Exception {
    assertThat(JSON).isEqualTo(new JsonCanonicalizer(JSON).getEncodedString());
    assertThat(JSON)
        .isEqualTo(
            "{\"act\":{\"action\":\"exec\",\"args_digest\":\""
                + TestWorld.hash("arguments")
                + "\",\"limits\":{\"amount\":5000},\"max_uses\":1,\"resource\":\"/usr/bin/payroll\"},"
                + "\"aud\":[\""
                + ExecAudience.of(TestWorld.AK)
                + "\"],\"iss\":\"https://writ.example\",\"jkt\":\""
                + Base64Url.encode(TestKey.INSTANCE.kid().bytes())
                + "\",\"parent\":\""
                + TestWorld.PARENT
                + "\",\"sub\":\"spiffe://writ.example/payroll\",\"tenant\":\"acme\",\"v\":1}");
  }

  @Test
  void digest_isLabelledHashOfTheHashOfJcs() {
    byte[] label = "writ-request-v1\0".getBytes(StandardCharsets.US_ASCII);
    byte[] inner = Hash.sha256(JSON.getBytes(StandardCharsets.UTF_8)).bytes();

    assertThat(TestWorld.claims().request().digest()).isEqualTo(Hash.sha256(label, inner));
  }

  @Test
  void digest_otherSpellingOfTheSameRequest_isTheSame() throws Exception {
    String spelled = JSON.replace(",", " ,\n").replace("payroll", "pay\\u0072oll");

    assertThat(parse(spelled).digest()).isEqualTo(parse(JSON).digest());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1;\"v\":2;v",
        "\"v\":1;\"v\":\"1\";v",
        "\"v\":1;\"v\":1,\"x\":1;x",
        "\"iss\":\"https://writ.example\";\"iss\":\"\";iss",
        "\"iss\":\"https://writ.example\";\"iss\":\"a b\";iss",
        "\"iss\":\"https://writ.example\";\"iss\":\"é\";iss",
        "\"iss\":\"https://writ.example\";\"iss\":7;iss",
        "\"aud\":[;\"aud\":[7,;aud",
        "\"aud\":[;\"aud\":[\"gateway-1\",;aud",
        "\"tenant\":\"acme\";\"tenant\":\"Acme\";tenant",
        "\"tenant\":\"acme\";\"tenant\":\"-acme\";tenant",
        "\"tenant\":\"acme\";\"tenant\":null;tenant",
        "\"sub\":\"spiffe://writ.example/payroll\";\"sub\":\"payroll\";sub",
        "\"action\":\"exec\";\"action\":\"Exec\";act.action",
        "\"action\":\"exec\";\"action\":\"exec\",\"now\":true;act.now",
        "\"resource\":\"/usr/bin/payroll\";\"resource\":\"a\\u0000b\";act.resource",
        "\"resource\":\"/usr/bin/payroll\";\"resource\":\"a\\u009bb\";act.resource",
        "\"resource\":\"/usr/bin/payroll\";\"resource\":\"a\\u202eb\";act.resource",
        "\"limits\":{\"amount\":5000};\"limits\":{\"amount\":-1};act.limits.amount",
        "\"limits\":{\"amount\":5000};\"limits\":{\"amount\":\"1\"};amount",
        "\"limits\":{\"amount\":5000};\"limits\":{\"Amount\":1};act.limits",
        "\"limits\":{\"amount\":5000};\"limits\":[];act.limits",
        "\"max_uses\":1;\"max_uses\":0;act.max_uses",
        "\"max_uses\":1;\"max_uses\":2147483648;act.max_uses",
        "\"max_uses\":1;\"max_uses\":1.0;act.max_uses",
        "\"parent\":\"019a4315-0001;\"parent\":\"019A4315-0001;parent",
        "\"jkt\":\";\"jkt\":\"A;jkt",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    assertThatThrownBy(() -> parse(Replace.once(JSON, from, to)))
        .isInstanceOfSatisfying(
            MalformedRequestException.class, e -> assertThat(e.field()).endsWith(field));
  }

  @Test
  void parse_digestInUpperCase_malformed() {
    String digest = TestWorld.hash("arguments").hex();

    assertThatThrownBy(() -> parse(JSON.replace(digest, digest.toUpperCase(Locale.ROOT))))
        .isInstanceOf(MalformedRequestException.class)
        .hasMessageContaining("64 lower-case hex digits");
  }

  @Test
  void parse_eachMemberAbsent_malformedNamingIt() {
    for (String member : List.of("act", "aud", "iss", "jkt", "sub", "tenant", "v")) {
      assertThatThrownBy(() -> parse(JSON.replace("\"" + member + "\":", "\"x" + member + "\":")))
          .isInstanceOfSatisfying(
              MalformedRequestException.class, e -> assertThat(e.field()).isEqualTo(member));
    }
  }

  @Test
  void parse_moreThanItsBytes_malformed() {
    assertThatThrownBy(() -> parse(JSON + " ".repeat(ExecutionRequest.MAX_BYTES)))
        .isInstanceOf(MalformedRequestException.class)
        .hasMessageContaining("at most 16384 bytes");
  }

  @Test
  void request_countingUsesForTwoParties_isRefused() {
    ExecutionRequest one = TestWorld.claims().request();

    assertThatThrownBy(() -> forParties(one, one.act(), List.of("a", "b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs one judge");
    Act uncounted =
        new Act("exec", "/usr/bin/payroll", TestWorld.hash("a"), Map.of(), Act.UNCOUNTED);
    assertThat(forParties(one, uncounted, List.of("a", "b")).jcs())
        .asString(StandardCharsets.UTF_8)
        .doesNotContain("max_uses");
    assertThatThrownBy(() -> forParties(one, uncounted, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> forParties(one, uncounted, List.of("a", "a")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ExecutionRequest forParties(ExecutionRequest r, Act act, List<String> aud) {
    return new ExecutionRequest(r.iss(), aud, r.tenant(), r.sub(), act, r.parent(), r.jkt());
  }
}
