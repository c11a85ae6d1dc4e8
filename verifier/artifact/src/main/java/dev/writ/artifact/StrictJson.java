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

  /** Of a number in what is no format of Writ's. */
  private static final int MAX_FOREIGN_NUMBER = 64;

  // Names are not put into Jackson's shared symbol table: hostile names would fill it.
  private static final JsonFactory FACTORY = factory(MAX_NUMBER);

  private static final JsonFactory FOREIGN = factory(MAX_FOREIGN_NUMBER);

  private final JsonParser parser;
  private final boolean anyNumber;

  private StrictJson(JsonParser parser, boolean anyNumber) {
    this.parser = parser;
    this.anyNumber = anyNumber;
  }

  private static JsonFactory factory(int maxNumber) {
    return ((JsonFactoryBuilder) JsonFactory.builder())
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNameLength(MAX_NAME)
                .maxNumberLength(maxNumber)
                .build())
        .build();
  }

  /**
   * The members of the object that {@code utf8} spells.
   *
   * @param maxBytes longest document accepted
   */
  public static JsonMembers parse(byte[] utf8, int maxBytes) throws MalformedJsonException {
    return new JsonMembers("", tree(utf8, maxBytes));
  }

  /**
   * The same of a body that others define, in which any number may stand: one that is no integer of
   * magnitude up to 2^53 - 1 is kept as it is spelt.
   *
   * @param maxBytes longest document accepted
   */
  public static JsonMembers parseForeign(byte[] utf8, int maxBytes) throws MalformedJsonException {
    return new JsonMembers("", tree(utf8, maxBytes, true));
  }

  /** The same as maps, lists, strings, longs, booleans, and {@link JsonNull} for null. */
  static Map<String, Object> tree(byte[] utf8, int maxBytes) throws MalformedJsonException {
    return tree(utf8, maxBytes, false);
  }

  private static Map<String, Object> tree(byte[] utf8, int maxBytes, boolean anyNumber)
      throws MalformedJsonException {
    if (utf8.length > maxBytes) {
      throw new MalformedJsonException(
          "", "at most " + maxBytes + " bytes", utf8.length + " bytes");
    }
    CharBuffer text = decode(utf8);
    try (JsonParser parser =
        (anyNumber ? FOREIGN : FACTORY)
            .createParser(text.array(), text.arrayOffset(), text.remaining())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedJsonException("", "a JSON object", "something else");
      }
      Map<String, Object> root = new StrictJson(parser, anyNumber).object("");
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

  private Map<String, Object> object(String path) throws IOException, MalformedJsonException {
    Map<String, Object> members = new LinkedHashMap<>();
    String name;
    while ((name = parser.nextFieldName()) != null) {
      String memberPath = JsonMembers.join(path, wellFormed(path, name));
      parser.nextToken();
      if (members.put(name, value(memberPath)) != null) {
        throw new MalformedJsonException(memberPath, "given once", "given twice");
      }
    }
    return members;
  }

  private List<Object> array(String path) throws IOException, MalformedJsonException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(path));
    }
    return elements;
  }

  private Object value(String path) throws IOException, MalformedJsonException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(path);
      case START_ARRAY -> array(path);
      case VALUE_STRING -> wellFormed(path, parser.getText());
      case VALUE_NUMBER_INT -> integer(path);
      case VALUE_NUMBER_FLOAT -> {
        if (!anyNumber) {
          throw new MalformedJsonException(
              path, "an object, array, string, integer, boolean or null", parser.getText());
        }
        yield new JsonNumber(parser.getText());
      }
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> JsonNull.NULL;
      default ->
          throw new MalformedJsonException(
              path, "an object, array, string, integer, boolean or null", parser.getText());
    };
  }

  private Object integer(String path) throws IOException, MalformedJsonException {
    String digits = parser.getText();
    if (anyNumber && !isExact(digits)) {
      return new JsonNumber(digits);
    }
    if (parser.getNumberType() == NumberType.BIG_INTEGER || digits.equals("-0")) {
      throw new MalformedJsonException(path, "an integer of magnitude below 2^53", digits);
    }
    long value = parser.getLongValue();
    if (value < -Require.MAX_EXACT || value > Require.MAX_EXACT) {
      throw new MalformedJsonException(path, "an integer of magnitude below 2^53", digits);
    }
    return value;
  }

  private boolean isExact(String digits) throws IOException {
    return parser.getNumberType() != NumberType.BIG_INTEGER
        && !digits.equals("-0")
        && Math.abs(parser.getLongValue()) <= Require.MAX_EXACT;
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
