// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/** Whether a host may ask. */
public enum HostState {
  /** It may. */
  ACTIVE,
  /** Not until an operator says so. */
  SUSPENDED,
  /** Never again; its names stay taken. */
  REVOKED
}
