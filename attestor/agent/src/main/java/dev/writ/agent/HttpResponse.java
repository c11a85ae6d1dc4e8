// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server answered, whole (RFC 9112). The message says how long it is, by Content-Length or in
 * chunks; one that ends with its connection is refused, because a cut one would look the same.
 *
 * @param status from 200 to 599
 * @param fields by lower-case name
 * @param body as long as the message says
 */
record HttpResponse(int status, Map<String, List<String>> fields, byte[] body) {
  /** Most bytes before a body, all lines together, and again after the last chunk. */
  static final int MAX_HEADER = 16 * 1024;

  private static final int MAX_INTERIM = 8;

  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.1 ([1-5][0-9]{2})( [ -~\\t]*)?");
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):([ -~\\t\\x80-\\xff]*)");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");
  private static final Pattern CHUNK = Pattern.compile("([0-9A-Fa-f]{1,7})([ \\t]*;[ -~\\t]*)?");

  /**
   * Reads one response to a request that was not HEAD.
   *
   * @param maxBody longest body accepted, in bytes
   */
  static HttpResponse read(InputStream in, int maxBody) throws IOException {
    for (int i = 0; i <= MAX_INTERIM; i++) {
      Lines lines = new Lines(in);
      int status = status(lines.next());
      Map<String, List<String>> fields = fields(lines);
      if (status >= 200) {
        return new HttpResponse(status, fields, body(status, fields, in, maxBody));
      }
      if (status == 101) {
        throw new MalformedResponseException("the server must speak HTTP/1.1, wants another");
      }
    }
    throw new MalformedResponseException(
        "the server must come to an answer, sent more than " + MAX_INTERIM + " interim ones");
  }

  private static int status(String line) throws MalformedResponseException {
    Matcher matcher = STATUS_LINE.matcher(line);
    if (!matcher.matches()) {
      throw new MalformedResponseException("the server must answer in HTTP/1.1, and does not");
    }
    return Integer.parseInt(matcher.group(1));
  }

  private static Map<String, List<String>> fields(Lines lines) throws IOException {
    Map<String, List<String>> fields = new HashMap<>();
    for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
      Matcher matcher = FIELD.matcher(line);
      if (!matcher.matches()) {
        throw new MalformedResponseException(
            "each line of the answer's header must be a name, a colon and a value, and one is not");
      }
      fields
          .computeIfAbsent(matcher.group(1).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(matcher.group(2).strip());
    }
    return fields;
  }

  /** RFC 9112 section 6.3, and where that leaves room for two readings, none. */
  private static byte[] body(
      int status, Map<String, List<String>> fields, InputStream in, int maxBody)
      throws IOException {
    Optional<String> coding = only("transfer-encoding", fields);
    Optional<String> length = only("content-length", fields);
    if (coding.isPresent() && length.isPresent()) {
      throw new MalformedResponseException(
          "the answer must have one length, has Content-Length and Transfer-Encoding");
    }
    if (status == 204 || status == 304) {
      return new byte[0];
    }
    if (length.isPresent()) {
      return exactly(number(length.get(), maxBody), in);
    }
    if (coding.isPresent() && coding.get().equalsIgnoreCase("chunked")) {
      return chunks(in, maxBody);
    }
    throw new MalformedResponseException(
        "the answer must say how long it is, by Content-Length or in chunks, and does not");
  }

  private static int number(String digits, int maxBody) throws MalformedResponseException {
    if (!LENGTH.matcher(digits).matches() || Integer.parseInt(digits) > maxBody) {
      throw new MalformedResponseException(
          "Content-Length must be at most " + maxBody + ", was " + digits);
    }
    return Integer.parseInt(digits);
  }

  private static byte[] exactly(int length, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length != length) {
      throw new MalformedResponseException(
          "the answer must go on for " + length + " bytes, ended after " + bytes.length);
    }
    return bytes;
  }

  /** RFC 9112 section 7.1; extensions and trailers say nothing to us. */
  private static byte[] chunks(InputStream in, int maxBody) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      Lines lines = new Lines(in);
      String line = lines.next();
      Matcher matcher = CHUNK.matcher(line);
      if (!matcher.matches()) {
        throw new MalformedResponseException(
            "a chunk must begin with its length, and one does not");
      }
      int length = Integer.parseInt(matcher.group(1), 16);
      if (length > maxBody - body.size()) {
        throw new MalformedResponseException(
            "the answer must be of at most " + maxBody + " bytes, has more");
      }
      if (length == 0) {
        var unused = fields(lines);
        return body.toByteArray();
      }
      body.writeBytes(exactly(length, in));
      if (!new Lines(in).next().isEmpty()) {
        throw new MalformedResponseException("a chunk must be as long as it says, and one is not");
      }
    }
  }

  /** The one value of field {@code name}. */
  Optional<String> only(String name) throws MalformedResponseException {
    return only(name, fields);
  }

  private static Optional<String> only(String name, Map<String, List<String>> fields)
      throws MalformedResponseException {
    List<String> values = fields.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw new MalformedResponseException(
          name + " must be given once, was " + values.size() + " times");
    }
    return values.stream().findFirst();
  }

  /** Lines that end with CR LF, of {@link #MAX_HEADER} bytes together. */
  private static final class Lines {
    private final InputStream in;
    private int left = MAX_HEADER;

    Lines(InputStream in) {
      this.in = in;
    }

    String next() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int read = in.read(); read != '\n'; read = in.read()) {
        if (read < 0) {
          throw new MalformedResponseException("the answer must have an end, was cut off");
        }
        if (--left <= 0) {
          throw new MalformedResponseException(
              "the answer's header must be of at most " + MAX_HEADER + " bytes, has more");
        }
        line.write(read);
      }
      String text = line.toString(StandardCharsets.ISO_8859_1);
      if (!text.endsWith("\r")) {
        throw new MalformedResponseException("each line must end with CR LF, and one does not");
      }
      return text.substring(0, text.length() - 1);
    }
  }
}
