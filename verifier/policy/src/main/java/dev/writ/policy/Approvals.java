// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How many of whom must approve a request for which a rule asks approval. Rules see the approvals
 * that were given as {@code governance.approvals}, once there are as many.
 *
 * @param threshold how many different approvers
 * @param approvers who may approve, each by the RFC 7638 thumbprint of their key
 * @param separation whether the request's initiator may not be among them
 * @param principals under which names an approver may also be an initiator
 */
public record Approvals(
    int threshold, Set<String> approvers, boolean separation, Map<String, Set<String>> principals) {
  static final int MAX_APPROVERS = 64;

  /** Most names of one approver. */
  static final int MAX_PRINCIPALS = 8;

  /** Copies the approvers and their names. */
  public Approvals {
    approvers = Set.copyOf(approvers);
    principals = Map.copyOf(principals);
  }

  /** Approvers of whom nobody says who they are. */
  public Approvals(int threshold, Set<String> approvers, boolean separation) {
    this(threshold, approvers, separation, Map.of());
  }

  /**
   * Whether an approver counts for a request. With separation nobody does of whom it cannot be told that he
   * is another than who set it in motion: who does not say who he is would else approve what he wants himself.
   *
   * @param initiator who set it in motion; absent where nobody proved to have
   */
  public boolean admits(String approver, Optional<String> initiator) {
    if (!approvers.contains(approver)) {
      return false;
    }
    return !separation
        || (initiator.isPresent()
            && principals.containsKey(approver)
            && !principals.get(approver).contains(initiator.get())
            && !initiator.get().equals(approver));
  }

  static Approvals read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Set<String> approvers = members.set("approvers", 1, MAX_APPROVERS, TextForm.PRINCIPAL);
    int threshold = members.integer("threshold", 1, approvers.size());
    boolean separation = members.bool("separation");
    Optional<Json> named = members.optional("principals");
    members.end();
    return new Approvals(
        threshold,
        approvers,
        separation,
        named.isPresent() ? principals(named.get(), approvers) : Map.of());
  }

  private static Map<String, Set<String>> principals(Json value, Set<String> approvers)
      throws MalformedPolicyException {
    Members members = Members.of(value);
    Map<String, Set<String>> principals = new LinkedHashMap<>();
    Set<String> all = new HashSet<>();
    for (String approver : members.names()) {
      Json names = members.required(approver);
      if (!approvers.contains(approver)) {
        throw new MalformedPolicyException(
            names.place(), "a member named as one of the approvers", "another");
      }
      Set<String> own = members.set(approver, 1, MAX_PRINCIPALS, TextForm.PRINCIPAL);
      for (String name : own) {
        if (!all.add(name)) {
          throw new MalformedPolicyException(
              names.place(), "names of one approver alone", "\"" + name + "\" of two");
        }
      }
      principals.put(approver, own);
    }
    return principals;
  }
}
