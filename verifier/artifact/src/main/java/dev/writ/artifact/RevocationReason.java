// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

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
  POLICY_CHANGED("policy_changed");

  private final String wire;

  RevocationReason(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
