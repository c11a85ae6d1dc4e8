// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What somebody at an operators' door is there for. A role lets somebody ask; what takes the signatures of
 * several takes them whatever anybody's role.
 */
public enum Role {
  /** Keeps the service running: hosts, keys, witnesses, trust files, references. */
  OPERATOR("operator"),
  /** Answers for what is allowed: policies, revocation, approvals, erasure, drills. */
  SECURITY_OFFICER("security_officer"),
  /** Reads, and changes nothing. */
  AUDITOR("auditor"),
  /** Guards executions, and reads what it judges by. */
  GATEWAY("gateway");

  private final String wire;

  Role(String wire) {
    this.wire = wire;
  }

  /** As configurations and the contract spell it. */
  public String wire() {
    return wire;
  }

  /** The role that is spelt like this. */
  public static Optional<Role> of(String wire) {
    return Arrays.stream(values()).filter(role -> role.wire.equals(wire)).findAny();
  }

  /** All there are. */
  public static Set<Role> all() {
    return Set.copyOf(EnumSet.allOf(Role.class));
  }

  /** Several, in words. */
  static String words(Collection<Role> roles) {
    return Arrays.stream(values())
        .filter(roles::contains)
        .map(Role::wire)
        .collect(Collectors.joining(", "));
  }
}
