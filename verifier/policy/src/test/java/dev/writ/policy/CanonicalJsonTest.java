// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;

/** Our writer of RFC 8785 against an implementation by others. */
class CanonicalJsonTest {
  @Test
  void canonical_randomDocuments_agreeWithAnotherImplementation() throws Exception {
    Random random = new Random(8785);
    for (int round = 0; round < 2_000; round++) {
      String json = "{\"v\":" + randomValue(random, 4) + "}";
      byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
      assertThat(CanonicalJson.of(StrictJson.read(bytes)))
          .isEqualTo(new JsonCanonicalizer(bytes).getEncodedString());
    }
  }

  @Test
  void canonical_everyControlAndEscape_agreesWithAnotherImplementation() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < 0x180; c++) {
      text.append("\\u%04x".formatted(c));
    }
    byte[] bytes = ("{\"a\":\"" + text + "\\/𝕏\"}").getBytes(StandardCharsets.UTF_8);
    assertThat(CanonicalJson.of(StrictJson.read(bytes)))
        .isEqualTo(new JsonCanonicalizer(bytes).getEncodedString());
  }

  @Test
  void members_outOfOrder_areABug() {
    for (String name : new String[] {"a", "b"}) {
      CanonicalJson out = new CanonicalJson().beginObject().name("b").integer(1);
      assertThatThrownBy(() -> out.name(name)).isInstanceOf(IllegalStateException.class);
    }
  }

  private static String randomValue(Random random, int depth) {
    int kind = random.nextInt(depth > 0 ? 5 : 3);
    if (kind == 0) {
      return Long.toString(random.nextLong(-Json.Int.MAX, Json.Int.MAX + 1));
    } else if (kind == 1) {
      return randomText(random);
    } else if (kind == 2) {
      return Boolean.toString(random.nextBoolean());
    }
    StringBuilder out = new StringBuilder(kind == 3 ? "[" : "{");
    int size = random.nextInt(5);
    for (int i = 0; i < size; i++) {
      out.append(i > 0 ? ", " : " ");
      if (kind == 4) {
        String name = randomText(random);
        out.append("\"").append(i).append(name.substring(1)).append(" : ");
      }
      out.append(randomValue(random, depth - 1));
    }
    return out.append(kind == 3 ? "]" : "}").toString();
  }

  private static String randomText(Random random) {
    String alphabet = "ab\u00e9\u20ac\ufb33\u0080 /'";
    StringBuilder out = new StringBuilder("\"");
    for (int i = random.nextInt(6); i > 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> out.append("\\u%04x".formatted(random.nextInt(0x80)));
        case 1 -> out.append("\\ud83d\\ude02");
        default -> out.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
    }
    return out.append('"').toString();
  }
}
