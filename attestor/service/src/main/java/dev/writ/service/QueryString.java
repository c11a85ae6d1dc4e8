// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The query of a GET: each of some names once, and no other. No value in the contract needs escapes. */
final class QueryString {
  private QueryString() {}

  /**
   * Values by name.
   *
   * @param query as sent, without its question mark
   * @param names that it must have
   */
  static Map<String, String> parse(@Nullable String query, Set<String> names)
      throws MalformedRequest {
    Map<String, String> values = new HashMap<>();
    if (query != null) {
      for (String pair : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        if (equals < 0 || !names.contains(name)) {
          throw new MalformedRequest("the query must have only " + names + ", has others");
        }
        if (values.put(name, pair.substring(equals + 1)) != null) {
          throw new MalformedRequest("query parameter " + name + " must be given once, was twice");
        }
      }
    }
    for (String name : names) {
      if (!values.containsKey(name)) {
        throw new MalformedRequest("query parameter " + name + " must be present, was absent");
      }
    }
    return values;
  }
}
