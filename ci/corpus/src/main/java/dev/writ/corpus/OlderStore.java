// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.ledger.Ledger;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Makes of a ledger's closed store what the first version of Writ would have left: that version's
 * tables, by its own statements, with every row that they have room for.
 */
final class OlderStore {
  private static final String STORE = "ledger.db";

  private OlderStore() {}

  /**
   * Rewrites the store.
   *
   * @param folder of a ledger that nobody has open
   */
  static void rewrite(Path folder) throws IOException, SQLException {
    Path older = folder.resolve("older.db");
    var unused =
        Files.createFile(
            older,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Connection connection = connect(older);
        Statement statement = connection.createStatement()) {
      for (String sql : versionOne().split(";")) {
        if (!sql.isBlank()) {
          statement.executeUpdate(sql);
        }
      }
      List<String> tables = column(statement, "SELECT name FROM sqlite_schema WHERE type='table'");
      statement.executeUpdate("ATTACH DATABASE '" + folder.resolve(STORE) + "' AS newer");
      for (String table : tables) {
        copy(statement, table);
      }
      statement.executeUpdate("DELETE FROM schema_version");
      statement.executeUpdate("INSERT INTO schema_version (version) VALUES (1)");
    }
    for (String beside : List.of("-wal", "-shm")) {
      Files.deleteIfExists(folder.resolve(STORE + beside));
    }
    unused = Files.move(older, folder.resolve(STORE), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Statement statement, String table) throws SQLException {
    String columns =
        String.join(", ", column(statement, "SELECT name FROM pragma_table_info('" + table + "')"));
    statement.executeUpdate(
        "INSERT INTO main."
            + table
            + " ("
            + columns
            + ") SELECT "
            + columns
            + " FROM newer."
            + table);
  }

  /** Changes a closed store behind its owner's back. */
  static void change(Path folder, String sql) throws SQLException {
    try (Connection connection = connect(folder.resolve(STORE));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  private static Connection connect(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  private static List<String> column(Statement statement, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  /** The statements of version 1 in SQLite's words. */
  private static String versionOne() throws IOException {
    try (InputStream in = Ledger.class.getResourceAsStream("schema-1.sql")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.replaceAll("(?m)^\\s*--.*$", "")
          .replace("${int64}", "INTEGER")
          .replace("${bytes}", "BLOB")
          .replace("${table}", "STRICT")
          .replace("${keyed}", "STRICT, WITHOUT ROWID");
    }
  }
}
