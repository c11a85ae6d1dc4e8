// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.util.Optional;

/**
 * An embedded ledger.
 *
 * @param folder holds its files; made if it is missing, and then for its owner alone
 * @param anchor see {@link StoreConfig#anchor}; outside the folder
 * @param archive see {@link StoreConfig#archive}
 */
public record SqliteConfig(
    Path folder, Optional<Path> anchor, Optional<ArchiveConfig> archive, CommitLimits limits)
    implements StoreConfig {
  /** One without an archive. */
  public SqliteConfig(Path folder, Optional<Path> anchor, CommitLimits limits) {
    this(folder, anchor, Optional.empty(), limits);
  }

  /** An embedded ledger with {@link CommitLimits#DEFAULT}, and no anchor. */
  public static SqliteConfig in(Path folder) {
    return new SqliteConfig(folder, Optional.empty(), CommitLimits.DEFAULT);
  }

  @Override
  public SqliteConfig withArchive(ArchiveConfig other) {
    return new SqliteConfig(folder, anchor, Optional.of(other), limits);
  }
}
