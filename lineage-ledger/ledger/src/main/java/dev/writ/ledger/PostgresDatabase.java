// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * PostgreSQL 15 or later, opened by as many nodes as there are. The head's row is the lock between
 * them: a writer's transaction begins by updating it, and every statement after that sees what the
 * writer before committed (READ COMMITTED).
 *
 * <p>The server must keep what it was told to: {@code fsync} and {@code full_page_writes} on, no
 * standby, and {@code synchronous_commit} at least {@code on} for the writer's session. Each new
 * connection of a writer is asked, for behind an address there may be another server than before.
 */
final class PostgresDatabase implements Database {
  private static final int READERS = 8;
  private static final int WAIT_FOR_READER_MILLIS = 5_000;

  /** A node that stopped within its transaction keeps the others out no longer than this. */
  private static final int IDLE_IN_TRANSACTION_MILLIS = 3_000;

  /** Within a ledger's patience, so that what waits is known not to be committed. */
  private static final int LOCK_MILLIS = 2_000;

  private static final int STATEMENT_MILLIS = 10_000;

  /** Says which of the database's advisory locks is ours: "writ" in ASCII. */
  private static final long SCHEMA_LOCK = 0x77726974L;

  private static final String FACTS =
      "SELECT current_setting('server_version_num')::int, current_setting('fsync'),"
          + " current_setting('full_page_writes'), current_setting('synchronous_commit'),"
          + " pg_is_in_recovery()";
  private static final int OLDEST = 150_000;
  private static final String CLOCK =
      "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

  private final PostgresConfig config;
  private final Optional<TileArchive> archive;
  private final HikariDataSource readers;

  private PostgresDatabase(PostgresConfig config) {
    this.config = config;
    this.archive = config.archive().map(TileArchive::new);
    this.readers = readers(config);
  }

  /** Connects, to find out whether it can. */
  static PostgresDatabase open(PostgresConfig config) throws LedgerException {
    requireGuarded(config);
    try {
      connect(config).close();
      return new PostgresDatabase(config);
    } catch (SQLException e) {
      throw LedgerException.of("the " + config + " must be one that can be written", e);
    }
  }

  /** Leaves and secrets cross no network in the clear. */
  private static void requireGuarded(PostgresConfig config) throws LedgerException {
    if (config.authorities().isPresent()) {
      return;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(config.host())) {
        if (!address.isLoopbackAddress()) {
          throw new LedgerException(
              "ledger",
              "the "
                  + config
                  + " must be reached over TLS, or at a loopback address; name the authorities of"
                  + " its certificate");
        }
      }
    } catch (UnknownHostException e) {
      throw new LedgerException("ledger", "the " + config + " must have a known address", e);
    }
  }

  private static Connection connect(PostgresConfig config) throws SQLException {
    Connection connection = new PostgresSource(config).getConnection();
    try (Statement statement = connection.createStatement()) {
      requireKeeps(statement);
      setTimeouts(connection);
      statement.execute("SET idle_in_transaction_session_timeout = " + IDLE_IN_TRANSACTION_MILLIS);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static void requireKeeps(Statement statement) throws SQLException {
    String synchronous;
    try (ResultSet row = statement.executeQuery(FACTS)) {
      if (!row.next()) {
        throw new IllegalStateException("a bug: settings gave no row");
      }
      int version = row.getInt(1);
      if (version < OLDEST) {
        throw unfit("version 15 or later", "server_version_num " + version);
      }
      requireOn("fsync", row.getString(2));
      requireOn("full_page_writes", row.getString(3));
      synchronous = row.getString(4);
      if (row.getBoolean(5)) {
        throw unfit("the primary", "a standby");
      }
    }
    // remote_apply is more than on; all else is less.
    if (!synchronous.equals("remote_apply")) {
      statement.execute("SET synchronous_commit = on");
    }
  }

  private static void requireOn(String setting, String value) throws SQLException {
    if (!value.equals("on")) {
      throw unfit("one with " + setting + " on", setting + " " + value);
    }
  }

  private static SQLException unfit(String mustBe, String was) {
    // object_not_in_prerequisite_state
    return new SQLException("the server must be " + mustBe + ", was " + was, "55000");
  }

  private static HikariDataSource readers(PostgresConfig config) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("ledger-readers");
    pool.setDataSource(new PostgresSource(config));
    pool.setReadOnly(true);
    pool.setMaximumPoolSize(READERS);
    pool.setMinimumIdle(1);
    pool.setConnectionTimeout(WAIT_FOR_READER_MILLIS);
    // A server that is away at this moment is away for a request, not for the process.
    pool.setInitializationFailTimeout(-1);
    return new HikariDataSource(pool);
  }

  @Override
  public Connection connectWriter() throws SQLException {
    return connect(config);
  }

  @Override
  public DataSource readers() {
    return readers;
  }

  @Override
  public Optional<TileArchive> archive() {
    return archive;
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public WitnessTurn witnessTurn() {
    return new PostgresTurn(this);
  }

  @Override
  public Optional<Duration> clockWithin() {
    return config.clockWithin();
  }

  @Override
  public Instant clock(Connection writer) throws SQLException {
    try (Statement statement = writer.createStatement();
        ResultSet row = statement.executeQuery(CLOCK)) {
      if (!row.next()) {
        throw new IllegalStateException("a bug: a clock gave no row");
      }
      return Instant.ofEpochMilli(row.getLong(1));
    }
  }

  @Override
  public Map<String, String> schemaWords() {
    return Map.of("int64", "BIGINT", "bytes", "BYTEA", "table", "", "keyed", "");
  }

  /** Of two nodes that start on an empty database, one makes the tables and the other finds them. */
  @Override
  public void lockSchema(Connection writer) throws SQLException {
    // A table of many rows takes its time, and whoever waits for that waits as long.
    writer.setNetworkTimeout(Runnable::run, 0);
    execute(writer, "SET lock_timeout = 0");
    execute(writer, "SET statement_timeout = 0");
    execute(writer, "SELECT pg_advisory_lock(" + SCHEMA_LOCK + ")");
  }

  @Override
  public void unlockSchema(Connection writer) throws SQLException {
    execute(writer, "SELECT pg_advisory_unlock(" + SCHEMA_LOCK + ")");
    setTimeouts(writer);
    writer.commit();
    writer.setNetworkTimeout(Runnable::run, PostgresSource.SILENCE_SECONDS * 1_000);
  }

  private static void setTimeouts(Connection writer) throws SQLException {
    try (Statement statement = writer.createStatement()) {
      statement.execute("SET lock_timeout = " + LOCK_MILLIS);
      statement.execute("SET statement_timeout = " + STATEMENT_MILLIS);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
    connection.commit();
  }

  /**
   * A server that was to wait for a standby, and was told by somebody or by a time-out to wait no more,
   * says COMMIT and warns that the standby may not have it.
   */
  @Override
  public void commit(Connection writer) throws SQLException {
    writer.clearWarnings();
    writer.commit();
    SQLWarning warning = writer.getWarnings();
    if (warning != null) {
      throw new SQLException(
          "COMMIT must be done without a warning, came with: " + warning.getMessage(),
          warning.getSQLState());
    }
  }

  /**
   * Nothing: a deleted row is gone for all who read through the server, and its bytes stay in pages and
   * in the write-ahead log until the server makes room of them.
   */
  @Override
  public void beginErasure(Connection writer) {}

  @Override
  public void endErasure(Connection writer) {}

  /** Ends the transaction; a server whose fsync failed has stopped by itself (since version 12). */
  @Override
  public void settle(Connection writer) throws SQLException {
    writer.rollback();
  }

  @Override
  public void close() {
    readers.close();
  }
}
