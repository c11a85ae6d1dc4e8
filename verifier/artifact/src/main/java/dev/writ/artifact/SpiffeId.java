// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** The form of a SPIFFE ID (SPIFFE-ID sections 2.1 to 2.4): {@code spiffe://trust-domain/path}. */
final class SpiffeId {
  private static final String SCHEME = "spiffe://";
  private static final int MAX = 512;
  private static final int MAX_TRUST_DOMAIN = 255;

  private SpiffeId() {}

  static void require(String field, String value) {
    Require.visible(field, value, MAX);
    int path = value.startsWith(SCHEME) ? value.indexOf('/', SCHEME.length()) : -1;
    if (path <= SCHEME.length()
        || path - SCHEME.length() > MAX_TRUST_DOMAIN
        || !isTrustDomain(value, SCHEME.length(), path)
        || !isPath(value, path)) {
      throw new InvalidValueException(
          field, "a SPIFFE ID, such as spiffe://example.org/payroll", value);
    }
  }

  private static boolean isTrustDomain(String value, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if (Character.isUpperCase(c) || !isSegmentCharacter(c)) {
        return false;
      }
    }
    return true;
  }

  /** One or more segments, none of them empty, {@code .} or {@code ..}. */
  private static boolean isPath(String value, int from) {
    int segment = from + 1;
    for (int i = segment; i <= value.length(); i++) {
      if (i == value.length() || value.charAt(i) == '/') {
        String name = value.substring(segment, i);
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
          return false;
        }
        segment = i + 1;
      } else if (!isSegmentCharacter(value.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSegmentCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '-'
        || c == '_';
  }
}
