// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The versions of the store, each a text of statements that brings it from the version before.
 *
 * <p>Plain statements and one table with the version, and no migration library: in a process that has
 * just started Flyway 11 took half a second over an empty store, this takes 8 ms, and every command that
 * opens the ledger would pay.
 */
final class Schema {
  /** What this build reads and writes. */
  static final int VERSION = 14;

  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*--.*$");

  private Schema() {}

  /**
   * Brings an empty or older store to {@link #VERSION}, each step in a transaction of its own: a
   * crash leaves the version before.
   */
  static void bringUpToDate(Connection writer, Database database)
      throws SQLException, LedgerException {
    database.lockSchema(writer);
    bringTo(VERSION, writer, database.schemaWords());
    database.unlockSchema(writer);
  }

  /** Brings a store to a version that is not above {@link #VERSION}. */
  static void bringTo(int wanted, Connection writer, Map<String, String> words)
      throws SQLException, LedgerException {
    int found = version(writer);
    if (found > VERSION) {
      throw new LedgerException(
          "ledger",
          "the store's schema version must be at most "
              + VERSION
              + ", was "
              + found
              + ": a newer Writ wrote it; start that version");
    }
    for (int next = found + 1; next <= wanted; next++) {
      apply(writer, next, words);
    }
  }

  /** Refuses to read a store that is not of {@link #VERSION}. */
  static void requireCurrent(StoreReader store) throws LedgerException {
    long version =
        store.read(
            statements ->
                statements
                    .first(row -> row.getLong(1), "SELECT MAX(version) FROM schema_version")
                    .orElse(0L));
    if (version != VERSION) {
      throw new LedgerException(
          "ledger",
          "the store must be of version "
              + VERSION
              + ", is of "
              + version
              + ": use the Writ that wrote it, or start this one's service once, which brings it up");
    }
  }

  /** The store's version; 0 for one without tables. */
  private static int version(Connection writer) throws SQLException, LedgerException {
    boolean any = false;
    boolean versioned = false;
    try (ResultSet tables =
        writer.getMetaData().getTables(null, writer.getSchema(), "%", new String[] {"TABLE"})) {
      while (tables.next()) {
        any = true;
        versioned |= "schema_version".equals(tables.getString("TABLE_NAME"));
      }
    }
    if (!any) {
      return 0;
    }
    if (!versioned) {
      throw new LedgerException(
          "ledger",
          "the store must be empty or a ledger, and has tables but no schema_version; name another"
              + " folder");
    }
    try (Statement statement = writer.createStatement();
        ResultSet row = statement.executeQuery("SELECT MAX(version) FROM schema_version")) {
      if (!row.next()) {
        throw new IllegalStateException("a bug: an aggregate gave no row");
      }
      return row.getInt(1);
    } finally {
      writer.rollback();
    }
  }

  private static void apply(Connection writer, int version, Map<String, String> words)
      throws SQLException {
    String text = COMMENT.matcher(resource("schema-" + version + ".sql")).replaceAll("");
    for (Map.Entry<String, String> word : words.entrySet()) {
      text = text.replace("${" + word.getKey() + "}", word.getValue());
    }
    try (Statement statement = writer.createStatement()) {
      for (String sql : text.split(";")) {
        if (!sql.isBlank()) {
          statement.executeUpdate(sql);
        }
      }
      statement.executeUpdate("INSERT INTO schema_version (version) VALUES (" + version + ")");
      writer.commit();
    } catch (SQLException e) {
      writer.rollback();
      throw e;
    }
  }

  private static String resource(String name) {
    try (InputStream in = Schema.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("a bug: the jar has no " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("a bug: the jar's " + name + " cannot be read", e);
    }
  }
}
