// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8259 under the limits of I-JSON (RFC 7493) and the narrower ones of this package. */
class StrictJsonTest {
  private static JsonMembers parse(String json) throws MalformedJsonException {
    return parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonMembers parse(byte[] json) throws MalformedJsonException {
    return StrictJson.parse(json, 1000);
  }

  private static void assertRefused(byte[] json, String mustBe) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOfSatisfying(
            MalformedJsonException.class, e -> assertThat(e.mustBe()).contains(mustBe));
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] member(byte... text) {
    byte[] json = new byte[8 + text.length];
    System.arraycopy("{\"a\":\"".getBytes(StandardCharsets.US_ASCII), 0, json, 0, 6);
    System.arraycopy(text, 0, json, 6, text.length);
    json[json.length - 2] = '"';
    json[json.length - 1] = '}';
    return json;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "{\"a\":1,\"a\":1};given once",
        "{\"a\":{\"b\":1,\"\\u0062\":1}};given once",
        "{\"a\":1.0};an object, array, string, integer",
        "{\"a\":1e3};an object, array, string, integer",
        "{\"a\":-0};an integer of magnitude below 2^53",
        "{\"a\":9007199254740992};an integer of magnitude below 2^53",
        "{\"a\":-9007199254740992};an integer of magnitude below 2^53",
        "{\"a\":99999999999999999};an integer of magnitude below 2^53",
        "{\"a\":999999999999999999999999999999};JSON",
        "{\"a\":01};JSON",
        "{\"a\":+1};JSON",
        "{\"a\":NaN};JSON",
        "{\"a\":'b'};JSON",
        "{\"a\":1,};JSON",
        "{a:1};JSON",
        "{\"a\":1}//;JSON",
        "{\"a\":1}{};one object and nothing after it",
        "{\"a\":1}1;one object and nothing after it",
        "{\"a\":\"\\ud800\"};Unicode text",
        "{\"a\":\"\\udc00\\ud800\"};Unicode text",
        "{\"\\ud800\":1};Unicode text",
        "{\"a\":\"\\x\"};JSON",
        "[];a JSON object",
        "\"a\";a JSON object",
        "null;a JSON object",
        "{;JSON",
        "{\"a\";JSON",
        "{\"a\":tru};JSON",
      })
  void parse_notStrict_malformed(String json, String mustBe) {
    assertRefused(json.getBytes(StandardCharsets.UTF_8), mustBe);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n\t"})
  void parse_nothing_malformed(String json) {
    assertRefused(json.getBytes(StandardCharsets.UTF_8), "a JSON object");
  }

  @Test
  void foreignDocument_keepsNumbersAsTheyAreSpelt_andIsOtherwiseAsStrict() throws Exception {
    JsonAttributes read =
        StrictJson.parseForeign(
                "{\"a\":1.0,\"b\":1e400,\"c\":-0,\"d\":9007199254740992,\"e\":7,\"f\":[null,0.10]}"
                    .getBytes(StandardCharsets.US_ASCII),
                1_000)
            .allAttributes(10);

    assertThat(read.integers()).isEqualTo(Map.of("e", 7L));
    assertThat(read.others())
        .isEqualTo(
            Map.of(
                "a", "1.0", "b", "1e400", "c", "-0", "d", "9007199254740992", "f", "[null,0.10]"));
    for (String not : List.of("{\"a\":1,\"a\":1}", "{\"a\":NaN}", "{\"a\":\"\\ud800\"}", "{}x")) {
      assertThatThrownBy(
              () -> StrictJson.parseForeign(not.getBytes(StandardCharsets.US_ASCII), 1_000))
          .isInstanceOf(MalformedJsonException.class);
    }
  }

  @Test
  void parse_controlCharacterInText_malformed() {
    assertRefused(member((byte) '\n'), "JSON");
    assertRefused(member((byte) 0), "JSON");
  }

  @Test
  void parse_notUtf8_malformed() {
    assertRefused(member((byte) 0xff), "UTF-8");
    // An overlong slash, a surrogate in three bytes, a code point above U+10FFFF, a cut sequence.
    assertRefused(member((byte) 0xc0, (byte) 0xaf), "UTF-8");
    assertRefused(member((byte) 0xed, (byte) 0xa0, (byte) 0x80), "UTF-8");
    assertRefused(member((byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80), "UTF-8");
    assertRefused(member((byte) 0xe2, (byte) 0x82), "UTF-8");
  }

  @Test
  void parse_anotherUnicodeEncoding_malformed() {
    assertRefused("{}".getBytes(StandardCharsets.UTF_16LE), "JSON");
    assertRefused("{}".getBytes(StandardCharsets.UTF_16), "UTF-8");
    assertRefused(bytes(0xef, 0xbb, 0xbf, '{', '}'), "UTF-8 without byte order mark");
  }

  @Test
  void parse_nestedTooDeep_malformed() throws Exception {
    String deepest = "{\"a\":".repeat(StrictJson.MAX_DEPTH - 1);
    String tail = "}".repeat(StrictJson.MAX_DEPTH - 1);

    assertThat(parse(deepest + "{}" + tail).has("a")).isTrue();
    assertRefused((deepest + "{\"a\":{}}" + tail).getBytes(StandardCharsets.UTF_8), "JSON");
    assertRefused("{\"a\":[[[[[[[[[[[[[[".getBytes(StandardCharsets.UTF_8), "JSON");
  }

  @Test
  void parse_longerThanAllowed_malformed() throws Exception {
    String json = "{\"a\":\"" + "x".repeat(992) + "\"}";

    assertThat(parse(json).text("a")).hasSize(992);
    assertRefused((json + " ").getBytes(StandardCharsets.UTF_8), "at most 1000 bytes");
  }

  @Test
  void parse_namesOfOneHash_readsThemAll() throws Exception {
    StringBuilder json = new StringBuilder("{");
    // "Aa" and "BB" have one hashCode, and so has every word of them.
    for (int i = 0; i < 32; i++) {
      for (int bit = 0; bit < 5; bit++) {
        json.append(bit == 0 ? (i == 0 ? "\"" : ",\"") : "");
        json.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      json.append("\":0");
    }
    JsonMembers members = parse(json.append("}").toString());

    assertThat(members.allIntegers(64)).hasSize(32);
  }

  @Test
  void members_ofAnotherTypeOrBound_malformedWithFieldMustBeWas() throws Exception {
    String json = "{\"o\":{\"s\":\"text\",\"i\":7,\"b\":true,\"a\":[1,\"x\"],\"n\":null}}";

    assertMalformed("o.i", "a string", "7", () -> parse(json).object("o").text("i"));
    assertMalformed(
        "o.s", "an integer", "a string", () -> parse(json).object("o").integer("s", 0, 9));
    assertMalformed(
        "o.i", "an integer from 0 to 6", "7", () -> parse(json).object("o").integer("i", 0, 6));
    assertMalformed("o.b", "an object", "true", () -> parse(json).object("o").object("b"));
    assertMalformed("o.n", "a string", "null", () -> parse(json).object("o").text("n"));
    assertThat(parse(json).object("o").flag("b")).isTrue();
    assertMalformed("o.i", "true or false", "7", () -> parse(json).object("o").flag("i"));
    assertMalformed("o.a", "an array of strings", "1", () -> parse(json).object("o").texts("a", 9));
    assertMalformed(
        "o.a", "an array of at most 1 elements", "2", () -> parse(json).object("o").texts("a", 1));
    assertMalformed("o.z", "present", "absent", () -> parse(json).object("o").text("z"));
    assertMalformed(
        "o.s", "64 lower-case hex digits", "text", () -> parse(json).object("o").hash("s"));
    assertMalformed(
        "o.s",
        "a UUID of version 7 in lower case",
        "text",
        () -> parse(json).object("o").uuid("s"));
  }

  @Test
  void end_memberNotTaken_malformedWithoutItsValue() throws Exception {
    JsonMembers members = parse("{\"kid\":\"k\",\"d\":\"a private key\"}");

    assertThat(members.text("kid")).isEqualTo("k");
    assertThatThrownBy(members::end)
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageContaining("field d")
        .hasMessageNotContaining("private");
  }

  @Test
  void message_hostileText_isShortAndPrintable() {
    assertThatThrownBy(
            () -> parse("{\"a\":\"\\u001b[2J\\u202e" + "x".repeat(500) + "\"}").hash("a"))
        .message()
        .hasSizeLessThan(200)
        .contains("\\u001b[2J\\u202e")
        .doesNotContainPattern("[\\p{Cntrl}\\u202e]");
  }

  private static void assertMalformed(
      String field, String mustBe, String was, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MalformedJsonException.class,
            e -> {
              assertThat(e.field()).isEqualTo(field);
              assertThat(e.mustBe()).isEqualTo(mustBe);
              assertThat(e.was()).isEqualTo(was);
            });
  }
}
