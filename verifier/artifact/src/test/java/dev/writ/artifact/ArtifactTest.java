// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JWS: RFC 7515 with one algorithm, one header and one spelling. */
class ArtifactTest {
  private static final String KID = Base64Url.encode(TestKey.ISSUER.kid().bytes());
  private static final String HEADER =
      "{\"alg\":\"ES256\",\"kid\":\"" + KID + "\",\"typ\":\"authz-artifact+jwt\"}";

  static Artifact signed() {
    byte[] input = Artifact.signingInput(TestKey.ISSUER.kid(), TestWorld.claims());
    return Artifact.assemble(input, TestKey.ISSUER.sign(input));
  }

  private static String withHeader(String json) {
    String compact = signed().compact();
    return Base64Url.encode(json.getBytes(StandardCharsets.UTF_8))
        + compact.substring(compact.indexOf('.'));
  }

  @Test
  void assemble_thenParse_sameArtifact() throws Exception {
    Artifact artifact = signed();
    Artifact parsed = Artifact.parse(artifact.compact());

    assertThat(parsed.claims()).isEqualTo(TestWorld.claims());
    assertThat(parsed.kid()).isEqualTo(TestKey.ISSUER.kid());
    assertThat(parsed.digest()).isEqualTo(artifact.digest());
  }

  @Test
  void unsigned_signed_isWhatItsTextParsesTo() throws Exception {
    Artifact.Unsigned unsigned = new Artifact.Unsigned(TestKey.ISSUER.kid(), TestWorld.claims());
    assertThat(unsigned.signingInput())
        .isEqualTo(Artifact.signingInput(TestKey.ISSUER.kid(), TestWorld.claims()));

    Artifact artifact = unsigned.signed(TestKey.ISSUER.sign(unsigned.signingInput()));

    Artifact parsed = Artifact.parse(artifact.compact());
    assertThat(parsed.claims()).isEqualTo(artifact.claims());
    assertThat(parsed.kid()).isEqualTo(artifact.kid());
    assertThat(parsed.digest()).isEqualTo(artifact.digest());
    assertThatThrownBy(() -> unsigned.signed(new byte[70]))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void signingInput_header_isAlgKidTypAlone() {
    String input =
        new String(
            Artifact.signingInput(TestKey.ISSUER.kid(), TestWorld.claims()),
            StandardCharsets.US_ASCII);

    assertThat(
            new String(
                Base64.getUrlDecoder().decode(input.split("\\.")[0]), StandardCharsets.UTF_8))
        .isEqualTo(HEADER);
  }

  @Test
  void digest_secondSignatureOfTheSameClaims_sameDigest() {
    Artifact first = signed();
    Artifact second = signed();

    assertThat(first.compact()).isNotEqualTo(second.compact());
    assertThat(first.digest()).isEqualTo(second.digest());
    String signedPart = first.compact().substring(0, first.compact().lastIndexOf('.'));
    assertThat(first.digest())
        .isEqualTo(Hash.sha256(signedPart.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void assemble_signatureOfAnotherLength_bug() {
    byte[] input = Artifact.signingInput(TestKey.ISSUER.kid(), TestWorld.claims());

    assertThatThrownBy(() -> Artifact.assemble(input, new byte[70]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("bug:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"none\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"HS256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES384\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"es256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\"}",
        "{\"alg\":\"ES256\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KIDA\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"issuer-1\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"},\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"jku\":\"https://evil.example\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"],\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"kid\":\"KID\",\"alg\":\"ES256\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\": \"ES256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"authz-artifact\\u002bjwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"authz-artifact+jwt\"} ",
        "[]",
        "",
      })
  void parse_anotherHeader_malformed(String header) {
    assertThatThrownBy(() -> Artifact.parse(withHeader(header.replace("KID", KID))))
        .isInstanceOf(MalformedArtifactException.class)
        .hasMessageStartingWith("artifact, field header");
  }

  @Test
  void parse_ownHeaderAgain_isRead() throws Exception {
    assertThat(Artifact.parse(withHeader(HEADER)).claims()).isEqualTo(TestWorld.claims());
  }

  @Test
  void parse_notThreeParts_malformed() {
    String compact = signed().compact();
    String twoParts = compact.substring(0, compact.lastIndexOf('.'));

    for (String wrong : new String[] {"", ".", "..", twoParts, compact + ".", compact + ".e30"}) {
      assertThatThrownBy(() -> Artifact.parse(wrong))
          .isInstanceOf(MalformedArtifactException.class);
    }
  }

  @Test
  void parse_paddedWrappedOrForeignBase64_malformed() {
    String compact = signed().compact();

    for (String wrong :
        new String[] {
          compact + "=",
          compact + "==",
          compact + "\n",
          " " + compact,
          compact.replaceFirst("\\.", "=."),
          compact.substring(0, compact.length() - 1) + "+",
          compact.substring(0, compact.length() - 1) + "é",
        }) {
      assertThatThrownBy(() -> Artifact.parse(wrong))
          .isInstanceOf(MalformedArtifactException.class);
    }
  }

  /** RFC 4648 section 3.5: 64 bytes end in a character of which four bits carry nothing. */
  @Test
  void parse_unusedBitsOfTheSignatureSet_malformed() {
    String compact = signed().compact();
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(compact.charAt(compact.length() - 1));
    String respelled = compact.substring(0, compact.length() - 1) + alphabet.charAt(last | 0b0001);

    assertThat(Base64.getUrlDecoder().decode(respelled.substring(respelled.lastIndexOf('.') + 1)))
        .isEqualTo(Base64.getUrlDecoder().decode(compact.substring(compact.lastIndexOf('.') + 1)));
    assertThatThrownBy(() -> Artifact.parse(respelled))
        .isInstanceOf(MalformedArtifactException.class)
        .hasMessageContaining("unused bits");
  }

  @Test
  void parse_tooLong_malformed() {
    assertThatThrownBy(() -> Artifact.parse("e".repeat(Artifact.MAX_LENGTH + 1)))
        .isInstanceOf(MalformedArtifactException.class)
        .hasMessageContaining("at most 32768 characters");
  }
}
