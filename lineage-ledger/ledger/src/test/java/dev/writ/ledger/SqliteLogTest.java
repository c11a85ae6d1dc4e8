// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pages leave the log beside a writer that has not filled it. */
@Timeout(60)
class SqliteLogTest {
  @TempDir Path folder;

  private SqliteDatabase database;
  private Connection writer;

  @BeforeEach
  void open() throws Exception {
    database = SqliteDatabase.open(SqliteConfig.in(folder));
    writer = database.connectWriter();
    execute("CREATE TABLE big (bytes BLOB)");
    writer.commit();
  }

  @AfterEach
  void close() throws SQLException {
    writer.close();
    database.close();
  }

  @Test
  void manyPages_whileTheLogIsNotFull_areMovedWithoutTheWriter() throws Exception {
    grow(SqliteLog.PAGES / 4);

    while (pages().moved() < SqliteLog.PAGES / 4) {
      Thread.sleep(10);
    }
    assertThat(pages().all()).isLessThan(SqliteLog.PAGES);
  }

  @Test
  void pages_whileAnotherMovesThem_areAllMovedWhenTheStoreIsSettled() throws Exception {
    for (int round = 0; round < 20; round++) {
      grow(SqliteLog.PAGES / 6);

      database.settle(writer);

      assertThat(pages().all()).isZero();
    }
  }

  private void grow(int pages) throws SQLException {
    execute("INSERT INTO big VALUES (zeroblob(" + pages * 4_096L + "))");
    writer.commit();
  }

  private record Pages(int all, int moved) {}

  private Pages pages() throws SQLException {
    try (Connection reader = database.readers().getConnection();
        Statement statement = reader.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
      assertThat(row.next()).isTrue();
      return new Pages(row.getInt(2), row.getInt(3));
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = writer.createStatement()) {
      statement.executeUpdate(sql);
    }
  }
}
