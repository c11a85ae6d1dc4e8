// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A ledger in a PostgreSQL database, which several nodes may have open at once.
 *
 * @param host a name or address; without {@code authorities} only one of this machine's loopback
 * @param database it and its schema {@code public} are this ledger's alone
 * @param user owns the tables, and makes them where they are missing
 * @param passwordFile holds the password, for its owner alone; read at each connection, so that it may be
 *     changed while the ledger is open. Empty where the server asks for none
 * @param authorities certificates in PEM that the server's must lead to, for this very host name
 * @param anchor see {@link StoreConfig#anchor}; of this node
 * @param archive see {@link StoreConfig#archive}
 * @param clockWithin how far this node's clock may be from the server's before nothing is written; empty
 *     where it is not asked, whole seconds
 */
public record PostgresConfig(
    String host,
    int port,
    String database,
    String user,
    Optional<Path> passwordFile,
    Optional<Path> authorities,
    Optional<Path> anchor,
    Optional<ArchiveConfig> archive,
    Optional<Duration> clockWithin,
    CommitLimits limits)
    implements StoreConfig {
  /**
   * Checks the words.
   *
   * @throws IllegalArgumentException if one is empty, or the port is none
   */
  public PostgresConfig {
    if (host.isEmpty() || database.isEmpty() || user.isEmpty()) {
      throw new IllegalArgumentException("host, database and user must be named");
    }
    if (port < 1 || port > 0xFFFF) {
      throw new IllegalArgumentException("a port must be from 1 to 65535, was " + port);
    }
  }

  /** One without an archive, whose nodes' clocks nobody compares. */
  public PostgresConfig(
      String host,
      int port,
      String database,
      String user,
      Optional<Path> passwordFile,
      Optional<Path> authorities,
      Optional<Path> anchor,
      CommitLimits limits) {
    this(
        host,
        port,
        database,
        user,
        passwordFile,
        authorities,
        anchor,
        Optional.empty(),
        Optional.empty(),
        limits);
  }

  @Override
  public PostgresConfig withArchive(ArchiveConfig other) {
    return new PostgresConfig(
        host,
        port,
        database,
        user,
        passwordFile,
        authorities,
        anchor,
        Optional.of(other),
        clockWithin,
        limits);
  }

  /** The same database, for a node whose clock is to be this near to the server's. */
  public PostgresConfig withClockWithin(Duration apart) {
    return new PostgresConfig(
        host,
        port,
        database,
        user,
        passwordFile,
        authorities,
        anchor,
        archive,
        Optional.of(apart),
        limits);
  }

  @Override
  public String toString() {
    return "PostgreSQL database " + database + " at " + host + ":" + port;
  }
}
