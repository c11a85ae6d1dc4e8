// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.util.Optional;

/**
 * An embedded ledger.
 *
 * @param folder holds its files; made if it is missing, and then for its owner alone
 * @param anchor see {@link StoreConfig#anchor}; outside the folder
 */
public record SqliteConfig(Path folder, Optional<Path> anchor, CommitLimits limits)
    implements StoreConfig {
  /** An embedded ledger with {@link CommitLimits#DEFAULT}, and no anchor. */
  public static SqliteConfig in(Path folder) {
    return new SqliteConfig(folder, Optional.empty(), CommitLimits.DEFAULT);
  }
}
