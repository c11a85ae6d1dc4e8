// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The bit of a Token Status List that withdraws this artifact ({@code status.status_list}).
 *
 * @param idx its place in the list
 * @param uri where the list's token is published
 */
public record StatusReference(int idx, String uri) {
  /** Entries of one list at most: 2^17. */
  public static final int MAX_LIST = 1 << 17;

  /**
   * The reference as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public StatusReference {
    Require.between("status.status_list.idx", idx, 0, MAX_LIST - 1);
    Require.httpUri("status.status_list.uri", uri);
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
