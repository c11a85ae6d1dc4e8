// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Set;

/**
 * How many of whom must approve a request for which a rule asks approval. Rules see the approvals
 * that were given as {@code governance.approvals}.
 *
 * @param threshold how many different approvers
 * @param approvers who may approve
 * @param separation whether the request's initiator may not be among them
 */
public record Approvals(int threshold, Set<String> approvers, boolean separation) {
  static final int MAX_APPROVERS = 64;

  /** Copies the approvers. */
  public Approvals {
    approvers = Set.copyOf(approvers);
  }

  static Approvals read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Set<String> approvers = members.set("approvers", 1, MAX_APPROVERS, TextForm.PRINCIPAL);
    int threshold = members.integer("threshold", 1, approvers.size());
    boolean separation = members.bool("separation");
    members.end();
    return new Approvals(threshold, approvers, separation);
  }
}
