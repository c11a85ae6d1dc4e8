// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/** Where a ledger is kept, and how much may wait for it. */
public sealed interface StoreConfig permits SqliteConfig, PostgresConfig {
  /** How much waits for the ledger, and for how long. */
  CommitLimits limits();
}
