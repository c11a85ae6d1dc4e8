// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonParser.NumberType;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One JSON object (RFC 8259) under the limits of I-JSON (RFC 7493) and narrower ones: UTF-8 without
 * byte order mark, no member twice, no lone surrogate, integers of magnitude up to 2^53 - 1 and no
 * other numbers, at most {@value #MAX_DEPTH} levels, and nothing after the object.
 *
 * <p>Two readers of one document can then not read two things, which a signed document needs.
 */
public final class StrictJson {
  /** Deepest nesting of objects and arrays. */
  public static final int MAX_DEPTH = 12;

  private static final int MAX_NAME = 256;
  // A sign and the 16 digits of 2^53 - 1.
  private static final int MAX_NUMBER = 17;

  // Names are not put into Jackson's shared symbol table: hostile names would fill it.
  private static final JsonFactory FACTORY =
      ((JsonFactoryBuilder) JsonFactory.builder())
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .build();

  private StrictJson() {}

  /**
   * The members of the object that {@code utf8} spells.
   *
   * @param maxBytes longest document accepted
   */
  public static JsonMembers parse(byte[] utf8, int maxBytes) throws MalformedJsonException {
    return new JsonMembers("", tree(utf8, maxBytes));
  }

  /** The same as maps, lists, strings, longs, booleans, and {@link JsonNull} for null. */
  static Map<String, Object> tree(byte[] utf8, int maxBytes) throws MalformedJsonException {
    if (utf8.length > maxBytes) {
      throw new MalformedJsonException(
          "", "at most " + maxBytes + " bytes", utf8.length + " bytes");
    }
    CharBuffer text = decode(utf8);
    try (JsonParser parser =
        FACTORY.createParser(text.array(), text.arrayOffset(), text.remaining())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedJsonException("", "a JSON object", "something else");
      }
      Map<String, Object> root = object("", parser);
      if (parser.nextToken() != null) {
        throw new MalformedJsonException(
            "", "one object and nothing after it", "more, at " + offset(parser));
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new MalformedJsonException("", "JSON", e.getOriginalMessage());
    } catch (IOException e) {
      throw new IllegalStateException("bug: reading from memory failed", e);
    }
  }

  private static CharBuffer decode(byte[] utf8) throws MalformedJsonException {
    try {
      // A new decoder reports malformed input; the String constructor would replace it.
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
      if (text.hasRemaining() && text.get(0) == '\ufeff') {
        throw new MalformedJsonException("", "UTF-8 without byte order mark", "one with");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw new MalformedJsonException("", "UTF-8", "not that");
    }
  }

  private static Map<String, Object> object(String path, JsonParser parser)
      throws IOException, MalformedJsonException {
    Map<String, Object> members = new LinkedHashMap<>();
    String name;
    while ((name = parser.nextFieldName()) != null) {
      String memberPath = JsonMembers.join(path, wellFormed(path, name));
      parser.nextToken();
      if (members.put(name, value(memberPath, parser)) != null) {
        throw new MalformedJsonException(memberPath, "given once", "given twice");
      }
    }
    return members;
  }

  private static List<Object> array(String path, JsonParser parser)
      throws IOException, MalformedJsonException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(path, parser));
    }
    return elements;
  }

  private static Object value(String path, JsonParser parser)
      throws IOException, MalformedJsonException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(path, parser);
      case START_ARRAY -> array(path, parser);
      case VALUE_STRING -> wellFormed(path, parser.getText());
      case VALUE_NUMBER_INT -> integer(path, parser);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> JsonNull.NULL;
      default ->
          throw new MalformedJsonException(
              path, "an object, array, string, integer, boolean or null", parser.getText());
    };
  }

  private static Long integer(String path, JsonParser parser)
      throws IOException, MalformedJsonException {
    String digits = parser.getText();
    if (parser.getNumberType() == NumberType.BIG_INTEGER || digits.equals("-0")) {
      throw new MalformedJsonException(path, "an integer of magnitude below 2^53", digits);
    }
    long value = parser.getLongValue();
    if (value < -Require.MAX_EXACT || value > Require.MAX_EXACT) {
      throw new MalformedJsonException(path, "an integer of magnitude below 2^53", digits);
    }
    return value;
  }

  private static String wellFormed(String path, String text) throws MalformedJsonException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        boolean paired =
            Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!paired) {
          throw new MalformedJsonException(path, "Unicode text", "a lone surrogate");
        }
        i++;
      }
    }
    return text;
  }

  private static String offset(JsonParser parser) {
    return "character " + parser.currentTokenLocation().getCharOffset();
  }
}
