// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.HostStanding;

/** Whether a host may ask. */
public enum HostState {
  /** It may. */
  ACTIVE,
  /** Not until an operator says so. */
  SUSPENDED,
  /** Never again; its names stay taken. */
  REVOKED;

  /** The state of a host that a leaf says stands so. */
  public static HostState of(HostStanding standing) {
    return switch (standing) {
      case ACTIVE -> ACTIVE;
      case SUSPENDED -> SUSPENDED;
      case RETIRED -> REVOKED;
    };
  }

  /** How a leaf says it. */
  public HostStanding standing() {
    return switch (this) {
      case ACTIVE -> HostStanding.ACTIVE;
      case SUSPENDED -> HostStanding.SUSPENDED;
      case REVOKED -> HostStanding.RETIRED;
    };
  }
}
