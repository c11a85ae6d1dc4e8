// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.util.Optional;

/** Where a ledger is kept, and how much may wait for it. */
public sealed interface StoreConfig permits SqliteConfig, PostgresConfig {
  /**
   * A file on other storage in which the newest checkpoint is kept, so that a store which was put back is
   * noticed; empty for none.
   */
  Optional<Path> anchor();

  /** Where old leaves go; empty where they stay in the store. */
  Optional<ArchiveConfig> archive();

  /** The same store with an archive. */
  StoreConfig withArchive(ArchiveConfig archive);

  /** How much waits for the ledger, and for how long. */
  CommitLimits limits();
}
