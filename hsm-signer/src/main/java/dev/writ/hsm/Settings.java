// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lines of {@code key = value}, each key once, each key asked for.
 *
 * <p>{@link java.util.Properties} would take the last of two equal keys, unescape backslashes and keep
 * silent about a misspelt key; here each of these stops the start.
 */
final class Settings {
  /** A profile has a dozen keys and an inventory five to a role: this is far above both. */
  private static final int MAX_BYTES = 16_384;

  private static final Pattern LINE =
      Pattern.compile("(?<key>[a-z][a-z0-9._-]{0,63}) *= *(?<value>[!-~]([ -~]{0,510}[!-~])?) *");

  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

  private final String source;
  private final Map<String, String> values;
  private final Set<String> asked = new HashSet<>();

  private Settings(String source, Map<String, String> values) {
    this.source = source;
    this.values = values;
  }

  /**
   * Reads {@code bytes} whole.
   *
   * @param source names the file in error messages
   */
  static Settings parse(String source, byte[] bytes) throws MalformedHsmConfigException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedHsmConfigException(
          source, "its size", "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1);
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].isEmpty() || lines[i].startsWith("#")) {
        continue;
      }
      Matcher line = LINE.matcher(lines[i]);
      if (!line.matches()) {
        throw new MalformedHsmConfigException(
            source, "line " + (i + 1), "\"key = value\" in printable ASCII", "another text");
      }
      if (values.putIfAbsent(line.group("key"), line.group("value")) != null) {
        throw new MalformedHsmConfigException(source, line.group("key"), "given once", "repeated");
      }
    }
    return new Settings(source, values);
  }

  /** The bytes of a file that is packed into this jar; nothing if there is none of that name. */
  static Optional<byte[]> packed(String name) {
    try (InputStream in = Settings.class.getResourceAsStream(name)) {
      return in == null ? Optional.empty() : Optional.of(in.readNBytes(MAX_BYTES + 1));
    } catch (IOException e) {
      throw new IllegalStateException("the jar must hold a readable " + name, e);
    }
  }

  Set<String> keys() {
    return values.keySet();
  }

  Optional<String> optional(String key) {
    asked.add(key);
    return Optional.ofNullable(values.get(key));
  }

  String required(String key) throws MalformedHsmConfigException {
    Optional<String> value = optional(key);
    if (value.isEmpty()) {
      throw new MalformedHsmConfigException(source, key, "given", "missing");
    }
    return value.get();
  }

  /** The value of {@code key} if it matches wholly; else {@code mustBe} says what it must be. */
  String required(String key, Pattern form, String mustBe) throws MalformedHsmConfigException {
    String value = required(key);
    if (!form.matcher(value).matches()) {
      throw refused(key, mustBe);
    }
    return value;
  }

  /** The value of {@code key}, a whole number from 1 to {@code most}, without leading zeros. */
  int requiredNumber(String key, int most) throws MalformedHsmConfigException {
    String mustBe = "a whole number from 1 to " + most;
    int number = Integer.parseInt(required(key, NUMBER, mustBe));
    if (number > most) {
      throw refused(key, mustBe);
    }
    return number;
  }

  MalformedHsmConfigException refused(String key, String mustBe) {
    return new MalformedHsmConfigException(source, key, mustBe, '"' + values.get(key) + '"');
  }

  /** Refuses a key that nobody asked for: it is misspelt, or of another version. */
  void requireAllAsked() throws MalformedHsmConfigException {
    for (String key : values.keySet()) {
      if (!asked.contains(key)) {
        throw new MalformedHsmConfigException(source, key, "a known key", "unknown");
      }
    }
  }
}
