// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/** How an execution ended, as its holder or a gateway reports it. */
public enum ReportedState {
  /** It did what it was to do. */
  OK,
  /** It ended otherwise. */
  FAILED,
  /** Nobody saw its end. */
  UNKNOWN
}
