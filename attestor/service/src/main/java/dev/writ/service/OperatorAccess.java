// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.Role.AUDITOR;
import static dev.writ.service.Role.GATEWAY;
import static dev.writ.service.Role.OPERATOR;
import static dev.writ.service.Role.SECURITY_OFFICER;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who may ask what at the operators' doors: each operation by its {@code operationId}, with the roles of
 * which a caller needs one. What does not stand here no door serves.
 */
final class OperatorAccess {
  private static final Set<Role> ANY = Role.all();
  private static final Set<Role> STAFF = Set.of(OPERATOR, SECURITY_OFFICER, AUDITOR);

  /** Names of people, arguments of executions: not for whoever runs machines. */
  private static final Set<Role> READERS = Set.of(SECURITY_OFFICER, AUDITOR);

  private static final Set<Role> BOTH = Set.of(OPERATOR, SECURITY_OFFICER);

  /** The table. */
  static final Map<String, Set<Role>> ROLES =
      Map.ofEntries(
          // How the service is, and what it believes.
          Map.entry("live", ANY),
          Map.entry("ready", ANY),
          Map.entry("contract", ANY),
          Map.entry("trustVersion", ANY),
          Map.entry("start", ANY),
          Map.entry("authzen", ANY),
          // Enforcement points ask for themselves.
          Map.entry("evaluate", Set.of(GATEWAY)),
          Map.entry("evaluateAll", Set.of(GATEWAY)),
          Map.entry("readiness", STAFF),
          Map.entry("metrics", STAFF),
          // What was decided, and by what.
          Map.entry("explain", STAFF),
          Map.entry("decisionResult", STAFF),
          Map.entry("policyEpochs", STAFF),
          Map.entry("policyEpoch", STAFF),
          Map.entry("keys", STAFF),
          Map.entry("signatures", STAFF),
          Map.entry("operations", STAFF),
          Map.entry("operation", STAFF),
          Map.entry("governance", STAFF),
          Map.entry("payload", READERS),
          // Running it.
          Map.entry("invite", Set.of(OPERATOR)),
          Map.entry("learn", Set.of(OPERATOR)),
          Map.entry("keyStep", Set.of(OPERATOR)),
          // What operators and officers sign: the signatures decide, not who brings them.
          Map.entry("propose", BOTH),
          Map.entry("approve", BOTH),
          Map.entry("withdraw", BOTH),
          Map.entry("freeze", BOTH),
          // What is allowed, and what no longer.
          Map.entry("publishPolicy", Set.of(SECURITY_OFFICER)),
          // Who approves a request reads what is beside its denial.
          Map.entry("approveRequest", Set.of(SECURITY_OFFICER)),
          Map.entry("revoke", Set.of(SECURITY_OFFICER)),
          Map.entry("revokeScope", Set.of(SECURITY_OFFICER)),
          Map.entry("countScope", READERS),
          Map.entry("hosts", STAFF),
          Map.entry("suspendHost", Set.of(SECURITY_OFFICER)),
          Map.entry("retireHost", Set.of(SECURITY_OFFICER)),
          // It gives back what an invitation gives.
          Map.entry("resumeHost", Set.of(OPERATOR)),
          Map.entry("useBreakglass", Set.of(SECURITY_OFFICER)),
          Map.entry("breakglassOrder", Set.of(SECURITY_OFFICER)),
          Map.entry("erasePayload", Set.of(SECURITY_OFFICER)),
          Map.entry("drill", Set.of(SECURITY_OFFICER)));

  /** Whether whoever asks reads what decisions were made upon, in whatever operation. */
  static boolean readsInputs(Optional<Caller> caller) {
    return caller.map(each -> each.hasOneOf(READERS)).orElse(false);
  }

  private OperatorAccess() {}
}
