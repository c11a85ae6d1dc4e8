// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.PostgresConfig;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where a service's ledger is: in a folder of its own, or in a PostgreSQL database. */
final class LedgerPlace {
  /** The keys of the section, each with a single value. */
  static final List<String> KEYS =
      List.of(
          "folder",
          "anchor",
          "payload_days",
          "archive.folder",
          "archive.keep_days",
          "postgres.host",
          "postgres.port",
          "postgres.database",
          "postgres.user",
          "postgres.password_file",
          "postgres.authorities");

  private static final int KEEP_DAYS = 90;
  private static final int POSTGRES_PORT = 5432;
  private static final int MAX_PORT = 0xFFFF;

  /** Less than the skew that verifiers allow for. */
  private static final Duration CLOCKS_APART = Duration.ofSeconds(5);

  private LedgerPlace() {}

  static StoreConfig of(ConfigSection ledger) throws MalformedConfigurationException {
    Optional<Path> folder = ledger.optionalPath("folder");
    Optional<ConfigSection> postgres = ledger.optionalSection("postgres");
    if (folder.isPresent() == postgres.isPresent()) {
      throw ledger.refused("have either folder or postgres");
    }
    Optional<Path> anchor = ledger.optionalPath("anchor");
    StoreConfig store =
        postgres.isPresent()
            ? postgres(postgres.get(), anchor)
            : new SqliteConfig(folder.orElseThrow(), anchor, CommitLimits.DEFAULT);
    Optional<ConfigSection> archive = ledger.optionalSection("archive");
    return archive.isPresent() ? store.withArchive(archive(archive.get())) : store;
  }

  private static ArchiveConfig archive(ConfigSection archive)
      throws MalformedConfigurationException {
    return new ArchiveConfig(
        archive.path("folder"),
        archive.number("keep_days", ArchiveConfig.MIN_DAYS, ArchiveConfig.MAX_DAYS, KEEP_DAYS));
  }

  /** How long payloads are kept; empty where that is for operators to say. */
  static Optional<RetentionPeriod> retention(ConfigSection ledger)
      throws MalformedConfigurationException {
    int days = ledger.number("payload_days", 1, RetentionPeriod.MAX_DAYS, 0);
    return days == 0 ? Optional.empty() : Optional.of(new RetentionPeriod(days));
  }

  private static PostgresConfig postgres(ConfigSection postgres, Optional<Path> anchor)
      throws MalformedConfigurationException {
    return new PostgresConfig(
            postgres.text("host"),
            postgres.number("port", 1, MAX_PORT, POSTGRES_PORT),
            postgres.text("database"),
            postgres.text("user"),
            postgres.optionalPath("password_file"),
            postgres.optionalPath("authorities"),
            anchor,
            CommitLimits.DEFAULT)
        .withClockWithin(CLOCKS_APART);
  }
}
