// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resources that can be compared segment by segment because each has one spelling. Nothing is brought into
 * that spelling: what is not in it is covered by nothing.
 *
 * <pre>
 * resource = [scheme "://" authority] path
 * scheme, authority  lower case; labels of a-z 0-9 - with single dots between them, with a port of at most
 *            65535 where there is one
 * path     = segments joined by single slashes, one slash before them or none; none empty or of dots alone;
 *            a slash alone; nothing after an authority. Without a slash before them the first has no colon
 * </pre>
 *
 * <p>Its characters are the letters and digits of US-ASCII and {@code - . _ ~ ! $ & ' ( ) + , = : @}: what
 * servers, file systems and browsers read as one another ({@code %2e}, {@code ;}, full-width forms, what is
 * not seen) has no spelling here.
 */
public final class CanonicalResource {
  private static final Pattern ABSOLUTE =
      Pattern.compile(
          "[a-z][a-z0-9+.-]*://[a-z0-9-]+(?:\\.[a-z0-9-]+)*(?::([1-9][0-9]{0,4}))?(/.*)?");

  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._~!$&'()+,=:@-]+");
  private static final Pattern DOTS = Pattern.compile("\\.+");
  private static final String AUTHORITY = "://";
  private static final int GREATEST_PORT = 65_535;

  private CanonicalResource() {}

  /** What is not canonical about it; empty where it is. */
  public static Optional<String> fault(String resource) {
    if (resource.contains(AUTHORITY)) {
      Matcher matcher = ABSOLUTE.matcher(resource);
      if (!matcher.matches()
          || matcher.group(1) != null && Integer.parseInt(matcher.group(1)) > GREATEST_PORT) {
        return Optional.of("with a scheme or an authority that is not lower case and plain");
      }
      return matcher.group(2) == null
          ? Optional.empty()
          : segmentsFault(matcher.group(2).substring(1));
    }
    if (resource.equals("/")) {
      return Optional.empty();
    }
    if (resource.startsWith("/")) {
      return segmentsFault(resource.substring(1));
    }
    return resource.split("/", 2)[0].contains(":")
        ? Optional.of("with a colon before its first slash, as a scheme has it")
        : segmentsFault(resource);
  }

  private static Optional<String> segmentsFault(String path) {
    for (String segment : path.split("/", -1)) {
      if (segment.isEmpty() || DOTS.matcher(segment).matches()) {
        return Optional.of("with the segment \"" + segment + "\"");
      }
      if (!SEGMENT.matcher(segment).matches()) {
        return Optional.of(
            "with a segment of other characters than letters, digits and -._~!$&'()+,=:@");
      }
    }
    return Optional.empty();
  }

  /** Whether {@code below} is {@code above}, or lies below it by whole segments; both are canonical. */
  static boolean covers(String above, String below) {
    return below.equals(above)
        || above.contains(AUTHORITY) == below.contains(AUTHORITY)
            && below.startsWith(above.equals("/") ? above : above + "/");
  }
}
