// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The statements of one connection, each prepared when first used and kept until the connection
 * closes; and how the ledger's values stand in columns.
 */
final class Statements {
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /** Reads one row. */
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /**
   * The statement with its parameters set, in order: Long, Integer, String, byte[] and the like; an
   * empty Optional is null.
   */
  PreparedStatement with(String sql, Object... parameters) throws SQLException {
    return with(sql, Arrays.asList(parameters));
  }

  private PreparedStatement with(String sql, List<?> parameters) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < parameters.size(); i++) {
      set(statement, i + 1, parameters.get(i));
    }
    return statement;
  }

  private static void set(PreparedStatement statement, int place, Object value)
      throws SQLException {
    if (value instanceof Long number) {
      statement.setLong(place, number);
    } else if (value instanceof Integer number) {
      statement.setInt(place, number);
    } else if (value instanceof String text) {
      statement.setString(place, text);
    } else if (value instanceof byte[] bytes) {
      statement.setBytes(place, bytes);
    } else if (value instanceof Hash hash) {
      statement.setBytes(place, hash.bytes());
    } else if (value instanceof Instant time) {
      statement.setLong(place, time.toEpochMilli());
    } else if (value instanceof UuidV7 uuid) {
      statement.setBytes(place, bytes(uuid));
    } else if (value instanceof Enum<?> constant) {
      statement.setString(place, constant.name());
    } else if (value instanceof StatusIndex index) {
      statement.setLong(place, index.number());
    } else if (value instanceof Optional<?> optional) {
      if (optional.isPresent()) {
        set(statement, place, optional.get());
      } else {
        statement.setNull(place, Types.NULL);
      }
    } else {
      throw new IllegalStateException("bug: no column holds a " + value.getClass());
    }
  }

  /** Executes a change and says how many rows it changed. */
  @CanIgnoreReturnValue
  int update(String sql, Object... parameters) throws SQLException {
    return with(sql, parameters).executeUpdate();
  }

  /** Whether the row was changed. */
  boolean make(RowChange change) throws SQLException {
    return with(change.sql(), change.parameters()).executeUpdate() == 1;
  }

  /**
   * Makes changes by one statement, which a server is sent at once.
   *
   * @param sql of them all; no INSERT of VALUES, of which PostgreSQL's driver makes one statement that
   *     does not say which rows were new
   * @return whether each row was changed
   */
  boolean makeAll(String sql, List<RowChange> changes) throws SQLException {
    PreparedStatement statement = with(sql);
    for (RowChange change : changes) {
      statement = with(sql, change.parameters());
      statement.addBatch();
    }
    return Arrays.stream(statement.executeBatch()).allMatch(rows -> rows == 1);
  }

  /** The first row, if there is one. */
  <T> Optional<T> first(Row<T> row, String sql, Object... parameters) throws SQLException {
    try (ResultSet rows = with(sql, parameters).executeQuery()) {
      return rows.next() ? Optional.of(row.read(rows)) : Optional.empty();
    }
  }

  /** All rows. */
  <T> List<T> all(Row<T> row, String sql, Object... parameters) throws SQLException {
    try (ResultSet rows = with(sql, parameters).executeQuery()) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(row.read(rows));
      }
      return all;
    }
  }

  /** Takes one row. */
  @FunctionalInterface
  interface RowUse {
    void take(ResultSet row) throws SQLException;
  }

  /** Has each row taken, and keeps none. */
  void each(RowUse use, String sql, Object... parameters) throws SQLException {
    try (ResultSet rows = with(sql, parameters).executeQuery()) {
      while (rows.next()) {
        use.take(rows);
      }
    }
  }

  /** Whether there is a row: of an INSERT … RETURNING, whether it inserted. */
  boolean any(String sql, Object... parameters) throws SQLException {
    try (ResultSet rows = with(sql, parameters).executeQuery()) {
      return rows.next();
    }
  }

  static Hash hash(ResultSet row, int column) throws SQLException {
    return Hash.of(row.getBytes(column));
  }

  static Instant time(ResultSet row, int column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  /** A number that may be null. */
  static OptionalLong number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
  }

  static byte[] bytes(UuidV7 uuid) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(uuid.value().getMostSignificantBits())
        .putLong(uuid.value().getLeastSignificantBits())
        .array();
  }

  static UuidV7 uuid(ResultSet row, int column) throws SQLException {
    return uuid(row.getBytes(column));
  }

  static UuidV7 uuid(byte[] column) {
    ByteBuffer bytes = ByteBuffer.wrap(column);
    return new UuidV7(new UUID(bytes.getLong(), bytes.getLong()));
  }
}
