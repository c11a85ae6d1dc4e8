// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;

/** RFC 8785, checked by its examples and by another implementation of it. */
class JcsTest {
  private static String canonical(Map<String, ?> object) {
    return new String(Jcs.canonical(object), StandardCharsets.UTF_8);
  }

  /** RFC 8785 section 3.2.3: names sorted by UTF-16 code units. */
  @Test
  void canonical_exampleOfTheRfc_sortsByCodeUnits() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("\u20ac", "Euro Sign");
    object.put("\r", "Carriage Return");
    object.put("\ufb33", "Hebrew Letter Dalet With Dagesh");
    object.put("1", "One");
    object.put("\ud83d\ude00", "Emoji: Grinning Face");
    object.put("\u0080", "Control");
    object.put("\u00f6", "Latin Small Letter O With Diaeresis");

    assertThat(canonical(object))
        .isEqualTo(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
                + "\"\ud83d\ude00\":\"Emoji: Grinning Face\","
                + "\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
  }

  /** RFC 8785 section 3.2.2.2. */
  @Test
  void canonical_escapes_areTheShortOnesElseLowerCaseHex() {
    assertThat(canonical(Map.of("a", "\u20ac$\u000f\nA'B\"\\\\\"/\b\f\t\r\u007f")))
        .isEqualTo("{\"a\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\\r\u007f\"}");
  }

  @Test
  void canonical_whatJsonReadersMayRoundOrCannotHold_isRefused() {
    List<Object> values =
        List.of(1L << 53, -(1L << 53), 1.5, 'c', "\ud800", "\ude00\ud83d", new byte[0]);

    for (Object value : values) {
      assertThatThrownBy(() -> Jcs.canonical(Map.of("a", value)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void canonical_randomObjects_agreesWithAnotherImplementation() throws Exception {
    Random random = new Random(8785);
    for (int i = 0; i < 2000; i++) {
      Map<String, Object> object = object(random, 0);
      byte[] canonical = Jcs.canonical(object);

      assertThat(canonical).isEqualTo(new JsonCanonicalizer(canonical).getEncodedUTF8());
      assertThat(Jcs.canonical(StrictJson.tree(canonical, 1 << 20))).isEqualTo(canonical);
      assertThat(StrictJson.tree(canonical, 1 << 20)).isEqualTo(object);
    }
  }

  private static Map<String, Object> object(Random random, int depth) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      object.put(text(random), value(random, depth + 1));
    }
    return object;
  }

  private static Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 4 ? 4 : 6)) {
      case 0 -> random.nextLong() >> (10 + random.nextInt(50));
      case 1 -> random.nextBoolean();
      case 2 -> JsonNull.NULL;
      case 3 -> text(random);
      case 4 -> object(random, depth);
      default -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(value(random, depth + 1));
        }
        yield list;
      }
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int codePoint = random.nextInt(random.nextBoolean() ? 0x80 : 0x110000);
      if (codePoint < 0xd800 || codePoint > 0xdfff) {
        text.appendCodePoint(codePoint);
      }
    }
    return text.toString();
  }
}
