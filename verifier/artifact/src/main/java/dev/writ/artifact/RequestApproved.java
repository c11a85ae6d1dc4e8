// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Somebody approved a request: a leaf of the kind approval, with the whole statement, so that whoever reads
 * the log can verify who let a decision happen.
 */
public record RequestApproved(RequestApproval approval) implements LeafBody {
  /** What is approved, as {@code of} says it. */
  public static final String OF = "request";

  static final String APPROVAL = "approval";

  @Override
  public LeafKind kind() {
    return LeafKind.APPROVAL;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("of", OF);
    map.put(APPROVAL, approval.toMap());
    return map;
  }

  static RequestApproved take(JsonMembers json) throws MalformedJsonException {
    json.constant("of", OF);
    return new RequestApproved(RequestApproval.take(json.object(APPROVAL)));
  }
}
