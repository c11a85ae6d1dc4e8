// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Locale;
import java.util.Optional;

/**
 * Why there is no permission. The codes are stable: they stand in HTTP problems, exit messages,
 * metrics, leaves and documents. Those a verifier gives come first, in the order in which it checks;
 * the last two are given at issuance alone.
 */
public enum DenialCode implements Wire {
  /** Nothing was given. */
  ARTIFACT_MISSING,
  /** The floor: malformed input, or something needed to decide is unavailable. */
  UNVERIFIABLE,
  /** No key believed in the issuer's role made this signature. */
  SIGNATURE_INVALID,
  /** The artifact's status, or the state or window of its signing key, withdraws it. */
  REVOKED,
  /** Another issuer, audience, tenant or action than this one. */
  SCOPE_EXCEEDED,
  /** The environment's state is known and not acceptable, such as dev where dev is refused. */
  ENVIRONMENT_UNTRUSTED,
  /** The permission begins later, or was made by a clock ahead of ours. */
  NOT_YET_VALID,
  /** The permission, or the challenge, has ended. */
  EXPIRED,
  /** The ledger does not prove that this artifact was decided. */
  LINEAGE_FRAGMENTED,
  /** No fresh status, or one behind what was seen. */
  GOVERNANCE_DISCONTINUITY,
  /** Decided under a policy epoch or digest that is not in force. */
  POLICY_MISMATCH,
  /** Another holder, host, PCR state or boot than the artifact names. */
  ENVIRONMENT_MISMATCH,
  /** A condition or obligation of the permission is not met here. */
  RUNTIME_CONDITION,
  /** The execution under which this one runs does not hold. */
  AUTHORIZATION_DISCONTINUITY,
  /** Used as often as it may be, or a challenge that was used. */
  REPLAYED,
  /** The Evidence does not hold. */
  RUNTIME_INTEGRITY,
  /** The policy's rules say no. */
  POLICY_DENIED;

  private final String wire = name().toLowerCase(Locale.ROOT);

  /** The code as everybody spells it, such as {@code artifact_missing}. */
  @Override
  public String wire() {
    return wire;
  }

  /** The code spelled {@code wire}, if there is one. */
  public static Optional<DenialCode> ofWire(String wire) {
    for (DenialCode code : values()) {
      if (code.wire.equals(wire)) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return wire;
  }
}
