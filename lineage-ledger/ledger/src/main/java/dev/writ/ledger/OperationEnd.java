// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/** How an operation ended. None is open again after it. */
public enum OperationEnd {
  /** It was approved, and what it says was done. */
  EXECUTED,
  /** It was not approved in time. */
  EXPIRED,
  /** It was approved, and what it says could not be done. */
  FAILED,
  /** It was taken back. */
  WITHDRAWN
}
