// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;

/**
 * An embedded ledger.
 *
 * @param folder holds its files; made if it is missing, and then for its owner alone
 */
public record SqliteConfig(Path folder, CommitLimits limits) implements StoreConfig {
  /** An embedded ledger with {@link CommitLimits#DEFAULT}. */
  public static SqliteConfig in(Path folder) {
    return new SqliteConfig(folder, CommitLimits.DEFAULT);
  }
}
