// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The members of one JSON object, each taken once by name and type. {@link #end()} refuses what was
 * not taken: a format that ignores unknown members does not call it.
 *
 * <p>Every refusal names the field by its path, what it must be and what it was. An unknown member's
 * value is not shown: it may be a private key that was put where a public one belongs.
 */
public final class JsonMembers {
  private static final String HEX_DIGEST = "64 lower-case hex digits";

  private final String path;
  private final Map<String, Object> untaken;

  JsonMembers(String path, Map<String, Object> members) {
    this.path = path;
    this.untaken = new HashMap<>(members);
  }

  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** The path of member {@code name}, as errors write it. */
  String pathOf(String name) {
    return join(path, name);
  }

  /** Whether {@code name} is there and not taken. */
  public boolean has(String name) {
    return untaken.containsKey(name);
  }

  /** The canonical bytes of a member (RFC 8785), whatever it is, which may be taken all the same. */
  public byte[] canonical(String name) throws MalformedJsonException {
    @Nullable Object value = untaken.get(name);
    if (value == null) {
      throw new MalformedJsonException(join(path, name), "present", "absent");
    }
    return Jcs.canonicalValue(value);
  }

  /** A string. */
  public String text(String name) throws MalformedJsonException {
    return as(String.class, "a string", name, take(name));
  }

  /** A string, or nothing where there is no such member. */
  public Optional<String> optionalText(String name) throws MalformedJsonException {
    return has(name) ? Optional.of(text(name)) : Optional.empty();
  }

  /** The string {@code only}, and no other. */
  public void constant(String name, String only) throws MalformedJsonException {
    String was = text(name);
    if (!was.equals(only)) {
      throw new MalformedJsonException(join(path, name), only, was);
    }
  }

  /** A boolean. */
  public boolean flag(String name) throws MalformedJsonException {
    return as(Boolean.class, "true or false", name, take(name));
  }

  /** An integer from {@code min} to {@code max}. */
  public long integer(String name, long min, long max) throws MalformedJsonException {
    long value = as(Long.class, "an integer", name, take(name));
    if (value < min || value > max) {
      throw new MalformedJsonException(
          join(path, name), "an integer from " + min + " to " + max, Long.toString(value));
    }
    return value;
  }

  /** A time in whole seconds since 1970 (NumericDate of RFC 7519, without fraction). */
  public Instant seconds(String name) throws MalformedJsonException {
    return Instant.ofEpochSecond(integer(name, 0, Require.MAX_EPOCH_SECOND));
  }

  /** A time in milliseconds since 1970. */
  public Instant millis(String name) throws MalformedJsonException {
    return Instant.ofEpochMilli(integer(name, 0, Require.MAX_EPOCH_SECOND * 1000));
  }

  /** A SHA-256 digest: 64 lower-case hexadecimal digits. */
  public Hash hash(String name) throws MalformedJsonException {
    return hash(name, text(name));
  }

  /** A digest, or nothing where there is no such member. */
  public Optional<Hash> optionalHash(String name) throws MalformedJsonException {
    return has(name) ? Optional.of(hash(name)) : Optional.empty();
  }

  /** {@code length} bytes as base64url without padding. */
  public byte[] base64Url(String name, int length) throws MalformedJsonException {
    String text = text(name);
    byte[] bytes = Base64Url.decode(text);
    if (bytes == null || bytes.length != length) {
      throw new MalformedJsonException(
          join(path, name), "base64url of " + length + " bytes, without padding", text);
    }
    return bytes;
  }

  /** 1 to {@code max} bytes as base64url without padding. */
  public byte[] base64UrlUpTo(String name, int max) throws MalformedJsonException {
    String text = text(name);
    byte[] bytes = text.isEmpty() ? null : Base64Url.decode(text);
    if (bytes == null || bytes.length > max) {
      throw new MalformedJsonException(
          join(path, name), "base64url of 1 to " + max + " bytes, without padding", text);
    }
    return bytes;
  }

  /** An RFC 7638 thumbprint: base64url of 32 bytes. */
  public Hash thumbprint(String name) throws MalformedJsonException {
    return Hash.of(base64Url(name, Hash.BYTES));
  }

  /** A UUID of version 7. */
  public UuidV7 uuid(String name) throws MalformedJsonException {
    String text = text(name);
    try {
      return UuidV7.parse(text);
    } catch (InvalidValueException e) {
      throw new MalformedJsonException(join(path, name), e.mustBe(), text);
    }
  }

  /** A UUID of version 7, or nothing where there is no such member. */
  public Optional<UuidV7> optionalUuid(String name) throws MalformedJsonException {
    return has(name) ? Optional.of(uuid(name)) : Optional.empty();
  }

  /** One of {@code constants}, by its spelling. */
  public <E extends Enum<E> & Wire> E oneOf(String name, E[] constants)
      throws MalformedJsonException {
    String text = text(name);
    for (E constant : constants) {
      if (constant.wire().equals(text)) {
        return constant;
      }
    }
    String all = Arrays.stream(constants).map(Wire::wire).collect(Collectors.joining(", "));
    throw new MalformedJsonException(join(path, name), "one of " + all, text);
  }

  /** Takes {@code v}, the version of the format, which is 1. */
  public void version() throws MalformedJsonException {
    long version = integer("v", 0, Require.MAX_EXACT);
    if (version != 1) {
      throw new MalformedJsonException(join(path, "v"), "1", Long.toString(version));
    }
  }

  /** An object. */
  public JsonMembers object(String name) throws MalformedJsonException {
    return members(join(path, name), take(name));
  }

  /** An object, or nothing where there is no such member. */
  public Optional<JsonMembers> optionalObject(String name) throws MalformedJsonException {
    return has(name) ? Optional.of(object(name)) : Optional.empty();
  }

  /** An array of at most {@code max} strings. */
  public List<String> texts(String name, int max) throws MalformedJsonException {
    List<String> texts = new ArrayList<>();
    for (Object element : elements(name, max)) {
      texts.add(as(String.class, "an array of strings", name, element));
    }
    return texts;
  }

  /** An array of at most {@code max} digests. */
  public List<Hash> hashes(String name, int max) throws MalformedJsonException {
    List<Hash> hashes = new ArrayList<>();
    for (String text : texts(name, max)) {
      hashes.add(hash(name, text));
    }
    return hashes;
  }

  /** An array of at most {@code most} integers, each from {@code min} to {@code max}. */
  public List<Integer> integers(String name, int most, int min, int max)
      throws MalformedJsonException {
    List<Integer> integers = new ArrayList<>();
    for (Object element : elements(name, most)) {
      long value = as(Long.class, "an array of integers", name, element);
      if (value < min || value > max) {
        throw new MalformedJsonException(
            join(path, name), "integers from " + min + " to " + max, Long.toString(value));
      }
      integers.add((int) value);
    }
    return integers;
  }

  /** An array of at most {@code max} objects. */
  public List<JsonMembers> objects(String name, int max) throws MalformedJsonException {
    List<JsonMembers> objects = new ArrayList<>();
    for (Object element : elements(name, max)) {
      objects.add(members(join(path, name) + "[" + objects.size() + "]", element));
    }
    return objects;
  }

  /** Every member that was not taken, as an integer each; none is left. */
  public Map<String, Long> allIntegers(int max) throws MalformedJsonException {
    Map<String, Long> integers = new LinkedHashMap<>();
    for (Map.Entry<String, Object> member : remaining(max).entrySet()) {
      integers.put(
          member.getKey(), as(Long.class, "an integer", member.getKey(), member.getValue()));
    }
    return integers;
  }

  /**
   * Every member that was not taken, as a digest each; none is left. What is no digest is not shown: it
   * may be the secret of which the digest belongs there.
   */
  public Map<String, Hash> allHashes(int max) throws MalformedJsonException {
    Map<String, Hash> hashes = new LinkedHashMap<>();
    for (Map.Entry<String, Object> member : remaining(max).entrySet()) {
      String name = member.getKey();
      String text = as(String.class, HEX_DIGEST, name, member.getValue());
      try {
        hashes.put(name, Hash.fromHex(text));
      } catch (IllegalArgumentException e) {
        throw new MalformedJsonException(
            join(path, name), HEX_DIGEST, text.length() + " characters that are not that");
      }
    }
    return hashes;
  }

  /** Every member that was not taken, as an object each; none is left. */
  public Map<String, JsonMembers> allObjects(int max) throws MalformedJsonException {
    Map<String, JsonMembers> objects = new LinkedHashMap<>();
    for (Map.Entry<String, Object> member : remaining(max).entrySet()) {
      objects.put(member.getKey(), members(join(path, member.getKey()), member.getValue()));
    }
    return objects;
  }

  /** Every member that was not taken, whatever each is; none is left. */
  public JsonAttributes allAttributes(int max) throws MalformedJsonException {
    return JsonAttributes.of(remaining(max));
  }

  /** Refuses the object if it has a member that nobody took. */
  public void end() throws MalformedJsonException {
    if (!untaken.isEmpty()) {
      String name = untaken.keySet().iterator().next();
      throw new MalformedJsonException(
          join(path, name), "absent: this format has no such member", "present");
    }
  }

  private Map<String, Object> remaining(int max) throws MalformedJsonException {
    if (untaken.size() > max) {
      throw new MalformedJsonException(
          path, "an object of at most " + max + " members", untaken.size() + " members");
    }
    Map<String, Object> all = new LinkedHashMap<>(untaken);
    untaken.clear();
    return all;
  }

  private List<?> elements(String name, int max) throws MalformedJsonException {
    List<?> elements = as(List.class, "an array", name, take(name));
    if (elements.size() > max) {
      throw new MalformedJsonException(
          join(path, name),
          "an array of at most " + max + " elements",
          Integer.toString(elements.size()));
    }
    return elements;
  }

  @CanIgnoreReturnValue
  private Object take(String name) throws MalformedJsonException {
    @Nullable Object value = untaken.remove(name);
    if (value == null) {
      throw new MalformedJsonException(join(path, name), "present", "absent");
    }
    return value;
  }

  private <T> T as(Class<T> type, String mustBe, String name, Object value)
      throws MalformedJsonException {
    if (!type.isInstance(value)) {
      throw new MalformedJsonException(join(path, name), mustBe, typeOf(value));
    }
    return type.cast(value);
  }

  @SuppressWarnings("unchecked") // StrictJson makes no other map.
  private static JsonMembers members(String path, Object value) throws MalformedJsonException {
    if (!(value instanceof Map<?, ?> map)) {
      throw new MalformedJsonException(path, "an object", typeOf(value));
    }
    return new JsonMembers(path, (Map<String, Object>) map);
  }

  private Hash hash(String name, String text) throws MalformedJsonException {
    try {
      return Hash.fromHex(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedJsonException(join(path, name), HEX_DIGEST, text);
    }
  }

  private static String typeOf(Object value) {
    if (value instanceof String) {
      return "a string";
    } else if (value instanceof Long number) {
      return number.toString();
    } else if (value instanceof JsonNumber number) {
      return number.spelt();
    } else if (value instanceof Boolean bool) {
      return bool.toString();
    } else if (value instanceof List) {
      return "an array";
    }
    return value instanceof Map ? "an object" : "null";
  }
}
