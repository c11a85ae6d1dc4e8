// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Set;

/**
 * Whoever asks at an operators' door.
 *
 * @param name its own: what its certificate names it, or where it came in
 * @param roles that it has
 */
record Caller(String name, Set<Role> roles) {
  Caller {
    roles = Set.copyOf(roles);
  }

  /** Whether it has one of these roles. */
  boolean hasOneOf(Set<Role> wanted) {
    return roles.stream().anyMatch(wanted::contains);
  }
}
