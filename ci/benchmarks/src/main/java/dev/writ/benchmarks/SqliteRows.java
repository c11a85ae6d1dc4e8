// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * How many rows of a leaf's size SQLite makes durable, in transactions as large as a busy ledger's: a
 * table with an integer key, written ahead, synchronous.
 */
final class SqliteRows implements Contender, AutoCloseable {
  static final String UNIT = "rows/s";
  static final String LINE = "beside/sqlite-row";

  private static final int ROW_BYTES = 768;
  private static final int ROWS = 64;

  private final Connection connection;
  private final PreparedStatement insert;
  private final byte[] row = new byte[ROW_BYTES];
  private long next;

  SqliteRows(Path file) throws SQLException {
    this.connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("CREATE TABLE leaf (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
    }
    connection.setAutoCommit(false);
    this.insert = connection.prepareStatement("INSERT INTO leaf VALUES (?, ?)");
  }

  @Override
  public double rate(Duration length) throws Exception {
    return ROWS * Contender.loop(this::transaction).rate(length);
  }

  private void transaction() throws SQLException {
    for (int i = 0; i < ROWS; i++) {
      row[i]++;
      insert.setLong(1, next++);
      insert.setBytes(2, row);
      insert.executeUpdate();
    }
    connection.commit();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
