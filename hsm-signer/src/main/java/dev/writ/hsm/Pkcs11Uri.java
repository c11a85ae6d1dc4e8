// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a private key in a token (RFC 7512), with all that it takes to reach it, and nothing that is
 * not understood here.
 *
 * <pre>
 * pkcs11:token=LABEL;object=LABEL;id=%01;type=private?module-path=/FILE&amp;pin-source=file:/FILE
 * </pre>
 *
 * @param token the token's label, 1 to 32 bytes of UTF-8
 * @param object the key's CKA_LABEL
 * @param id the key's CKA_ID; of label and id at least one is there
 * @param module the PKCS#11 module
 * @param pinFile where the PIN is
 */
public record Pkcs11Uri(
    String token, Optional<String> object, Optional<byte[]> id, Path module, Path pinFile) {
  /** What every such URI begins with. */
  public static final String SCHEME = "pkcs11:";

  /** Longest URI in characters. */
  public static final int MAX_CHARS = 2048;

  private static final int MAX_TOKEN_BYTES = 32;
  private static final int MAX_NAME_BYTES = 255;

  private static final List<String> PATH = List.of("token", "object", "id", "type");
  private static final List<String> QUERY = List.of("module-path", "pin-source");

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");

  /** Beside letters, digits and percent-encodings: RFC 7512, section 2.3. */
  private static final String PATH_MARKS = "-._~:[]@!$'()*+,=&";

  private static final String QUERY_MARKS = "-._~:[]@!$'()*+,=/?|";

  /** Copies the bytes. */
  public Pkcs11Uri {
    id = id.map(byte[]::clone);
  }

  @Override
  public Optional<byte[]> id() {
    return id.map(byte[]::clone);
  }

  /** The URI that {@code text} spells. */
  public static Pkcs11Uri parse(String text) throws MalformedPkcs11UriException {
    require(text.length() <= MAX_CHARS, "must have at most " + MAX_CHARS + " characters, has more");
    require(text.startsWith(SCHEME), "must begin with " + SCHEME + ", and does not");
    String rest = text.substring(SCHEME.length());
    int mark = rest.indexOf('?');
    String path = mark < 0 ? rest : rest.substring(0, mark);
    String query = mark < 0 ? "" : rest.substring(mark + 1);
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    take(attributes, path, ";", PATH, PATH_MARKS);
    take(attributes, query, "&", QUERY, QUERY_MARKS);
    if (attributes.containsKey("type")) {
      require(
          text(attributes, "type").equals("private"),
          "must have type=private or no type, and has another");
    }
    Pkcs11Uri uri =
        new Pkcs11Uri(
            label(attributes, "token", MAX_TOKEN_BYTES),
            attributes.containsKey("object")
                ? Optional.of(label(attributes, "object", MAX_NAME_BYTES))
                : Optional.empty(),
            id(attributes),
            module(attributes),
            pinFile(attributes));
    require(
        uri.object.isPresent() || uri.id.isPresent(),
        "must name the key by object or id, and has neither");
    return uri;
  }

  private static void take(
      Map<String, byte[]> attributes,
      String part,
      String separator,
      List<String> known,
      String marks)
      throws MalformedPkcs11UriException {
    if (part.isEmpty()) {
      return;
    }
    for (String attribute : part.split(separator, -1)) {
      int equals = attribute.indexOf('=');
      String name = equals < 0 ? "" : attribute.substring(0, equals);
      require(
          NAME.matcher(name).matches(),
          "must consist of attributes NAME=VALUE, separated by ; and behind the ? by &, and does not");
      require(
          !name.equals("pin-value"),
          "must have no pin-value, which everybody on the machine can read: name the PIN's file by"
              + " pin-source, and change the PIN");
      require(
          known.contains(name),
          "must have of the attributes "
              + String.join(", ", known)
              + " alone "
              + (separator.equals(";") ? "before" : "behind")
              + " the ?, and has "
              + name);
      require(!attributes.containsKey(name), "must have " + name + " once, and has it twice");
      attributes.put(name, decoded(name, attribute.substring(equals + 1), marks));
    }
  }

  private static byte[] decoded(String name, String value, String marks)
      throws MalformedPkcs11UriException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '%') {
        int high = i + 2 < value.length() ? digit(value.charAt(i + 1)) : -1;
        int low = i + 2 < value.length() ? digit(value.charAt(i + 2)) : -1;
        require(
            high >= 0 && low >= 0,
            "must have two hex digits behind each % of " + name + ", and has not");
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        require(
            c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || marks.indexOf(c) >= 0,
            "must percent-encode what is neither letter nor digit nor of "
                + marks
                + " in "
                + name
                + ", and does not");
        bytes.write(c);
      }
    }
    return bytes.toByteArray();
  }

  private static int digit(char c) {
    return c < 128 ? Character.digit(c, 16) : -1;
  }

  private static byte[] required(Map<String, byte[]> attributes, String name)
      throws MalformedPkcs11UriException {
    byte[] value = attributes.get(name);
    if (value == null) {
      throw new MalformedPkcs11UriException("must have " + name + ", and has not");
    }
    return value;
  }

  private static String text(Map<String, byte[]> attributes, String name)
      throws MalformedPkcs11UriException {
    byte[] value = required(attributes, name);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
      require(
          text.chars().noneMatch(Character::isISOControl),
          "must have no control character in " + name + ", and has one");
      return text;
    } catch (CharacterCodingException e) {
      throw new MalformedPkcs11UriException("must have UTF-8 in " + name + ", and has not");
    }
  }

  private static String label(Map<String, byte[]> attributes, String name, int most)
      throws MalformedPkcs11UriException {
    requireLength(name, required(attributes, name), most);
    return text(attributes, name);
  }

  private static Optional<byte[]> id(Map<String, byte[]> attributes)
      throws MalformedPkcs11UriException {
    if (!attributes.containsKey("id")) {
      return Optional.empty();
    }
    byte[] id = required(attributes, "id");
    requireLength("id", id, MAX_NAME_BYTES);
    return Optional.of(id);
  }

  private static void requireLength(String name, byte[] value, int most)
      throws MalformedPkcs11UriException {
    require(
        value.length >= 1 && value.length <= most,
        "must have 1 to " + most + " bytes in " + name + ", has " + value.length);
  }

  private static Path module(Map<String, byte[]> attributes) throws MalformedPkcs11UriException {
    String path = text(attributes, "module-path");
    require(
        TokenProfile.isLibrary(path),
        "must have in module-path " + TokenProfile.LIBRARY_FORM + ", and has not");
    return Path.of(path);
  }

  /** An absolute path, by itself or as a file URI without a host; a command is not run. */
  private static Path pinFile(Map<String, byte[]> attributes) throws MalformedPkcs11UriException {
    String source = text(attributes, "pin-source");
    String path = source;
    if (source.startsWith("file:///")) {
      path = source.substring("file://".length());
    } else if (source.startsWith("file:")) {
      path = source.substring("file:".length());
    }
    require(
        path.startsWith("/") && !path.startsWith("//") && path.indexOf('%') < 0,
        "must have in pin-source file: and an absolute path without %, and has not");
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new MalformedPkcs11UriException("must have a file's path in pin-source, and has not");
    }
  }

  private static void require(boolean holds, String mustHold) throws MalformedPkcs11UriException {
    if (!holds) {
      throw new MalformedPkcs11UriException(mustHold);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Pkcs11Uri that
        && token.equals(that.token)
        && object.equals(that.object)
        && Arrays.equals(id.orElse(new byte[0]), that.id.orElse(new byte[0]))
        && module.equals(that.module)
        && pinFile.equals(that.pinFile);
  }

  @Override
  public int hashCode() {
    return token.hashCode() * 31 + module.hashCode();
  }

  /** Which key it is, as messages name it. */
  @Override
  public String toString() {
    return "of the token \""
        + token
        + '"'
        + object.map(label -> " labelled \"" + label + '"').orElse("")
        + id.map(bytes -> " with the id " + HexFormat.of().formatHex(bytes)).orElse("");
  }
}
