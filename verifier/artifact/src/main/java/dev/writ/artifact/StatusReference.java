// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The bit of a Token Status List that withdraws this artifact ({@code status.status_list}).
 *
 * @param idx its place in the list
 * @param uri where the list's token is published: {@link #listUri}
 */
public record StatusReference(int idx, String uri) {
  /** Entries of one list at most: 2^17. */
  public static final int MAX_LIST = 1 << 17;

  private static final int MAX_NUMBER_DIGITS = 10;

  /**
   * The reference as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public StatusReference {
    Require.between("status.status_list.idx", idx, 0, MAX_LIST - 1);
    Require.httpUri("status.status_list.uri", uri);
  }

  /**
   * The URI of one of an issuer's lists.
   *
   * @param statusUri the trust file's {@code status.uri}
   * @param list its number, from 0
   * @throws IllegalArgumentException if the number is negative, or the URI none
   */
  public static String listUri(String statusUri, int list) {
    Require.between("list", list, 0, Integer.MAX_VALUE);
    return Require.httpUri("status.status_list.uri", statusUri + "/" + list);
  }

  /** Whether {@code uri} is that of one of the lists under {@code statusUri}. */
  public static boolean isListUri(String statusUri, String uri) {
    int start = statusUri.length() + 1;
    if (!uri.startsWith(statusUri)
        || uri.length() <= start
        || uri.charAt(start - 1) != '/'
        || uri.length() > start + MAX_NUMBER_DIGITS) {
      return false;
    }
    long number = 0;
    for (int i = start; i < uri.length(); i++) {
      int digit = uri.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      number = 10 * number + digit;
    }
    boolean oneSpelling = uri.charAt(start) != '0' || uri.length() == start + 1;
    return oneSpelling && number <= Integer.MAX_VALUE;
  }

  Map<String, Object> toMap() {
    Map<String, Object> list = new LinkedHashMap<>();
    list.put("idx", idx);
    list.put("uri", uri);
    return Map.of("status_list", list);
  }

  static StatusReference take(JsonMembers json) throws MalformedJsonException {
    JsonMembers list = json.object("status_list");
    StatusReference status =
        new StatusReference((int) list.integer("idx", 0, MAX_LIST - 1), list.text("uri"));
    list.end();
    json.end();
    return status;
  }
}
