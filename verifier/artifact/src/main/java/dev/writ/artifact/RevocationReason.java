// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Why an artifact was withdrawn before its end. The words are stable. */
public enum RevocationReason implements Wire {
  /** Nobody says. */
  UNSPECIFIED("unspecified"),
  /** Somebody else may hold the artifact's key. */
  KEY_COMPROMISE("key_compromise"),
  /** The host is no longer in anybody's good hands. */
  HOST_COMPROMISED("host_compromised"),
  /** Another artifact took its place. */
  SUPERSEDED("superseded"),
  /** What it was for has ended. */
  CEASED("ceased"),
  /** The policy would no longer allow it. */
  POLICY_CHANGED("policy_changed"),
  /** Evidence of its host no longer holds what it was issued for. */
  EVIDENCE_FAILED("evidence_failed"),
  /** Its host is suspended or retired. */
  HOST_NOT_ACTIVE("host_not_active");

  /** What the service alone finds, and nobody says by hand. */
  private static final Set<RevocationReason> FOUND = EnumSet.of(EVIDENCE_FAILED, HOST_NOT_ACTIVE);

  private final String wire;

  RevocationReason(String wire) {
    this.wire = wire;
  }

  /** Those that an operator may give. */
  public static List<RevocationReason> said() {
    return Arrays.stream(values()).filter(reason -> !FOUND.contains(reason)).toList();
  }

  @Override
  public String wire() {
    return wire;
  }
}
