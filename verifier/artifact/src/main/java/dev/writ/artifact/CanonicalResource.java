// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.text.Normalizer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resources that can be compared segment by segment because each has one spelling. Nothing is brought into
 * that spelling: what is not in it is covered by nothing.
 *
 * <pre>
 * resource = [scheme "://" authority] path
 * scheme, authority  lower case; the authority of a-z 0-9 . - with a port where there is one
 * path     = segments joined by single slashes, one slash before them or none; none empty, . or ..;
 *            a slash alone; nothing after an authority
 * </pre>
 *
 * <p>No character of {@code % \ ? # *}, and the whole is in Unicode's form NFC.
 */
public final class CanonicalResource {
  private static final Pattern ABSOLUTE =
      Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9.-]+(?::[1-9][0-9]{0,4})?)(/.*)?");

  private static final String REFUSED = "%\\?#*";

  private CanonicalResource() {}

  /** What is not canonical about it; empty where it is. */
  public static Optional<String> fault(String resource) {
    if (!Normalizer.isNormalized(resource, Normalizer.Form.NFC)) {
      return Optional.of("not in form NFC");
    }
    for (int i = 0; i < resource.length(); i++) {
      char c = resource.charAt(i);
      if (REFUSED.indexOf(c) >= 0 || Character.isISOControl(c)) {
        return Optional.of("with the character U+" + String.format("%04X", (int) c));
      }
    }
    String path = resource;
    if (resource.contains("://")) {
      Matcher matcher = ABSOLUTE.matcher(resource);
      if (!matcher.matches()) {
        return Optional.of("with a scheme or an authority that is not lower case and plain");
      }
      if (matcher.group(2) == null) {
        return Optional.empty();
      }
      path = matcher.group(2);
    }
    return path.equals("/") && path.length() == resource.length()
        ? Optional.empty()
        : segmentsFault(path.startsWith("/") ? path.substring(1) : path);
  }

  private static Optional<String> segmentsFault(String path) {
    for (String segment : path.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        return Optional.of("with the segment \"" + segment + "\"");
      }
    }
    return Optional.empty();
  }

  /** Whether {@code below} is {@code above}, or lies below it by whole segments; both are canonical. */
  static boolean covers(String above, String below) {
    return below.equals(above) || below.startsWith(above.equals("/") ? above : above + "/");
  }
}
