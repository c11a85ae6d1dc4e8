// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Tells of approvers whom separation does not count, and of whom that is probably not meant. */
final class SeparationLint {
  private SeparationLint() {}

  /** Each in a sentence; none without separation. */
  static List<String> warnings(Approvals approvals) {
    List<String> warnings = new ArrayList<>();
    if (!approvals.separation()) {
      return warnings;
    }
    if (approvals.principals().size() < approvals.threshold()) {
      warnings.add(
          "separation counts those alone whose names as initiators principals says, and it says"
              + " those of fewer than threshold");
    }
    Set<String> namespaces = new TreeSet<>();
    for (String approver : new TreeSet<>(approvals.approvers())) {
      for (String name : new TreeSet<>(approvals.namesOf(approver))) {
        Optional<String> namespace = Approvals.namespace(name);
        namespace.ifPresent(namespaces::add);
        if (namespace.isEmpty()) {
          warnings.add(
              "no initiator has the name "
                  + name
                  + " of approver "
                  + approver
                  + ": it must begin with oidc:PROVIDER: or tls:, and be percent-encoded as they are");
        }
      }
    }
    for (String namespace : namespaces) {
      for (String approver : new TreeSet<>(approvals.approvers())) {
        if (!approvals.hasNameIn(namespace, approver)) {
          warnings.add(
              "approver "
                  + approver
                  + " has no name of "
                  + namespace
                  + " in principals, and does not count where an initiator has one");
        }
      }
    }
    return warnings;
  }
}
