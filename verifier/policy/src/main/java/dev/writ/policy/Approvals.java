// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /** As initiators are named: encoded is what has to be, and nothing else. */
  private static final Pattern NAME =
      Pattern.compile(
          "(oidc:[a-z0-9-]+:|tls:)(?:[!-$&-~]|%(?:[01][0-9A-F]|2[05]|7F|[89A-F][0-9A-F]))++");

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
   * is another than who set it in motion: who does not say who he is would else approve what he wants himself,
   * and so would who has a name by another provider than those by which the policy knows him.
   *
   * @param initiator who set it in motion; absent where nobody proved to have
   */
  public boolean admits(String approver, Optional<String> initiator) {
    if (!approvers.contains(approver)) {
      return false;
    }
    return !separation || (initiator.isPresent() && isAnother(approver, initiator.get()));
  }

  private boolean isAnother(String approver, String initiator) {
    return namespace(initiator).map(among -> hasNameIn(among, approver)).orElse(false)
        && !namesOf(approver).contains(initiator)
        && !initiator.equals(approver);
  }

  /**
   * Who says that a name is somebody's: {@code oidc:PROVIDER:}, or {@code tls:}; empty of a name that no
   * initiator has.
   */
  static Optional<String> namespace(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** Under which names an approver may also be an initiator, as far as the policy says. */
  Set<String> namesOf(String approver) {
    return principals.getOrDefault(approver, Set.of());
  }

  boolean hasNameIn(String namespace, String approver) {
    return namesOf(approver).stream()
        .anyMatch(name -> namespace(name).equals(Optional.of(namespace)));
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
