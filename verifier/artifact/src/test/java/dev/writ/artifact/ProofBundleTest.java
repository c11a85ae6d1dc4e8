// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The envelope: strict, bounded, and believed in nothing. */
class ProofBundleTest {
  private static ProofBundle bundle() {
    return new ProofBundle("a.b.c", new byte[] {1, 2, 3, 4}, "proof\n", Optional.of("x.y.z"));
  }

  private static final String JSON =
      "{\"artifact\":\"a.b.c\",\"leaf\":\"AQIDBA==\","
          + "\"mediaType\":\"application/vnd.writ.proof-bundle.v1+json\","
          + "\"statusListToken\":\"x.y.z\",\"tlogProof\":\"proof\\n\"}";

  @Test
  void toJson_isThisDocument_andIsReadBack() throws Exception {
    assertThat(bundle().toJson()).asString(StandardCharsets.UTF_8).isEqualTo(JSON);
    assertThat(ProofBundle.parse(bundle().toJson())).isEqualTo(bundle());
  }

  @Test
  void parse_withoutToken_hasNone() throws Exception {
    String json = Replace.once(JSON, "\"statusListToken\":\"x.y.z\",", "");

    assertThat(ProofBundle.parse(json.getBytes(StandardCharsets.UTF_8)).statusListToken())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "proof-bundle.v1;proof-bundle.v2;mediaType",
        "\"mediaType\":;\"mediatype\":;mediaType",
        "\"artifact\":\"a.b.c\";\"artifact\":\"\";artifact",
        "\"artifact\":\"a.b.c\";\"artifact\":null;artifact",
        "\"leaf\":\"AQIDBA==\";\"leaf\":\"AQIDBA\";leaf",
        "\"leaf\":\"AQIDBA==\";\"leaf\":\"AQIDBB==\";leaf",
        "\"leaf\":\"AQIDBA==\";\"leaf\":\"AQID_A==\";leaf",
        "\"leaf\":\"AQIDBA==\";\"leaf\":\"AQID\\nBA==\";leaf",
        "\"leaf\":\"AQIDBA==\";\"leaf\":\"\";leaf",
        "\"tlogProof\":\"proof\\n\";\"tlogProof\":[];tlogProof",
        "\"statusListToken\":\"x.y.z\";\"statusListToken\":null;statusListToken",
        "\"tlogProof\";\"jwks\":{},\"tlogProof\";jwks",
        "\"tlogProof\";\"artifact\":\"a.b.c\",\"tlogProof\";artifact",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] json = Replace.once(JSON, from, to).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> ProofBundle.parse(json))
        .isInstanceOfSatisfying(
            MalformedBundleException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void case04_parse_partsLongerThanAllowed_malformed() {
    String longArtifact = Replace.once(JSON, "a.b.c", "a".repeat(Artifact.MAX_LENGTH + 1));
    String longBundle = JSON + " ".repeat(ProofBundle.MAX_BYTES);

    for (String json : new String[] {longArtifact, longBundle}) {
      assertThatThrownBy(() -> ProofBundle.parse(json.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(MalformedBundleException.class);
    }
  }
}
