// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.fixtures.PostgresServer;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which database the tests keep ledgers in: SQLite, or with {@code -Dwrit.test.store=postgres} a
 * PostgreSQL server of this JVM's own, in which each folder stands for a database.
 */
final class StoreUnderTest {
  static final boolean POSTGRES = "postgres".equals(System.getProperty("writ.test.store"));

  /** Takes the writers' lock, until ROLLBACK. */
  static final String LOCK =
      POSTGRES ? "BEGIN; UPDATE tree_head SET size = size" : "BEGIN IMMEDIATE";

  /** What a writer that waits in vain for the lock hears. */
  static final String LOCKED = POSTGRES ? "SQLState 55P03" : "SQLITE_BUSY";

  /** A number's 16 decimal digits as bytes, in SQL. */
  static String digits(String number) {
    return (POSTGRES
            ? "convert_to(lpad((%s)::text, 16, '0'), 'UTF8')"
            : "CAST(printf('%%016d', %s) AS BLOB)")
        .formatted(number);
  }

  private static final Set<String> MADE = ConcurrentHashMap.newKeySet();

  private StoreUnderTest() {}

  /** Started when it is first asked for. */
  private static final class Server {
    static final PostgresServer SHARED = start();

    private static PostgresServer start() {
      try {
        PostgresServer server = PostgresServer.start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        return server;
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  static StoreConfig of(Path folder, CommitLimits limits) {
    return POSTGRES ? postgres(folder, limits) : new SqliteConfig(folder, Optional.empty(), limits);
  }

  /** A folder's database; made if it is missing. */
  static PostgresConfig postgres(Path folder, CommitLimits limits) {
    String name = "t" + Hash.sha256(folder.toString().getBytes(StandardCharsets.UTF_8)).hex();
    String database = name.substring(0, 24);
    try {
      if (MADE.add(database)) {
        Server.SHARED.createDatabase(database);
      }
      // As opening an embedded one does.
      Files.createDirectories(folder);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
    return config(Server.SHARED, database, limits);
  }

  static PostgresConfig config(PostgresServer server, String database, CommitLimits limits) {
    return new PostgresConfig(
        "127.0.0.1",
        server.port(),
        database,
        PostgresServer.USER,
        Optional.of(server.passwordFile()),
        Optional.empty(),
        Optional.empty(),
        limits);
  }

  /** A connection behind the ledger's back. */
  static Connection connection(Path folder) throws SQLException {
    return POSTGRES
        ? new PostgresSource(postgres(folder, CommitLimits.DEFAULT)).getConnection()
        : DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
  }
}
