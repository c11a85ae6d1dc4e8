// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/**
 * Reads JSON of which two readers cannot think differently: I-JSON (RFC 7493) without fractions and
 * without {@code null}.
 *
 * <p>Refused: invalid UTF-8, lone surrogates, duplicate names, numbers that are no integers of 53
 * bits, {@code null}, anything after the value, and whatever exceeds the bounds below.
 */
final class StrictJson {
  /** Bytes of one text. */
  static final int MAX_BYTES = 1 << 20;

  /** Objects and arrays inside one another. */
  static final int MAX_DEPTH = 12;

  /** UTF-16 units of one string; longer ones have no use in any member. */
  static final int MAX_STRING = 16_384;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_STRING)
                  .maxNameLength(MAX_STRING)
                  .maxNumberLength(32)
                  .build())
          // Names come from outside; a pool of them would outlive the text.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private final JsonParser parser;
  private Json.Place place = Json.Place.ROOT;

  private StrictJson(JsonParser parser) {
    this.parser = parser;
  }

  /** The value that {@code bytes} spell, all of them. */
  static Json read(byte[] bytes) throws MalformedPolicyException {
    try (JsonParser parser = FACTORY.createParser(decode(bytes))) {
      return new StrictJson(parser).root();
    } catch (IOException e) {
      throw new IllegalStateException("a parser over a string did I/O; this is a bug", e);
    }
  }

  /** The text that {@code bytes} are, within {@link #MAX_BYTES}. */
  static String decode(byte[] bytes) throws MalformedPolicyException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedPolicyException(
          Json.Place.ROOT, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedPolicyException(Json.Place.ROOT, "UTF-8", "other bytes", e);
    }
  }

  private Json root() throws IOException, MalformedPolicyException {
    try {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new MalformedPolicyException(place, "a JSON value", "nothing");
      }
      Json value = value(first, Json.Place.ROOT);
      place = Json.Place.ROOT;
      if (parser.nextToken() != null) {
        throw new MalformedPolicyException(
            new Json.Place("$", position()), "the end of the text", "more after the value");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new MalformedPolicyException(
          new Json.Place(place.path(), position(e)), "JSON (RFC 8259)", e.getOriginalMessage(), e);
    }
  }

  private Json value(JsonToken token, Json.Place at) throws IOException, MalformedPolicyException {
    place = at;
    return switch (token) {
      case START_OBJECT -> object(at);
      case START_ARRAY -> array(at);
      case VALUE_STRING -> new Json.Text(at, wellFormed(parser.getText(), at));
      case VALUE_NUMBER_INT -> integer(parser.getText(), at);
      case VALUE_NUMBER_FLOAT ->
          throw new MalformedPolicyException(at, "an integer", parser.getText());
      case VALUE_TRUE -> new Json.Bool(at, true);
      case VALUE_FALSE -> new Json.Bool(at, false);
      case VALUE_NULL ->
          throw new MalformedPolicyException(at, "a value (what is absent is left out)", "null");
      default ->
          throw new IllegalStateException("token " + token + " starts no value; this is a bug");
    };
  }

  private Json.Obj object(Json.Place at) throws IOException, MalformedPolicyException {
    TreeMap<String, Json> members = new TreeMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = wellFormed(parser.currentName(), at);
      if (members.containsKey(name)) {
        throw new MalformedPolicyException(
            at.member(name, position()), "given once", "given twice");
      }
      JsonToken token = parser.nextToken();
      members.put(name, value(token, at.member(name, position())));
      place = at;
    }
    return new Json.Obj(at, Collections.unmodifiableSortedMap(members));
  }

  private Json.Arr array(Json.Place at) throws IOException, MalformedPolicyException {
    List<Json> elements = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      elements.add(value(token, at.element(elements.size(), position())));
      place = at;
    }
    return new Json.Arr(at, Collections.unmodifiableList(elements));
  }

  /** An integer of decimal digits with at most a minus before them. */
  static Json.Int integer(String text, Json.Place at) throws MalformedPolicyException {
    if (text.length() <= 17) {
      long value = Long.parseLong(text);
      if (Math.abs(value) <= Json.Int.MAX) {
        return new Json.Int(at, value);
      }
    }
    throw new MalformedPolicyException(at, "an integer of at most 2^53-1", text);
  }

  /** Refuses what no UTF-8 can spell. */
  static String wellFormed(String text, Json.Place at) throws MalformedPolicyException {
    if (!isWellFormed(text)) {
      throw new MalformedPolicyException(at, "Unicode text", "a string with a lone surrogate");
    }
    return text;
  }

  /** Whether {@code text} is Unicode text, that is, has no lone surrogate. */
  static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  private Json.Position position() {
    return position(parser.currentTokenLocation());
  }

  private Json.Position position(JsonProcessingException e) {
    return e.getLocation() == null ? position() : position(e.getLocation());
  }

  private static Json.Position position(JsonLocation location) {
    return new Json.Position(
        Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
  }
}
