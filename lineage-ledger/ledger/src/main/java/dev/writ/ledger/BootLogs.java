// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.ledger.StateChange.KeepBootLog;
import java.sql.SQLException;
import java.util.List;

/** The table of boot logs. */
final class BootLogs {
  /** A log that is there already costs a look at the index. */
  private static final String KEEP =
      "INSERT INTO boot_log (leaf_index, ak_name, decision, boot, digest, bytes)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING leaf_index";

  private static final String DROP_OLDER =
      "DELETE FROM boot_log WHERE ak_name = ? AND decision = ? AND leaf_index NOT IN"
          + " (SELECT leaf_index FROM boot_log WHERE ak_name = ? AND decision = ?"
          + " ORDER BY leaf_index DESC LIMIT ?)";
  private static final String ERASE = "DELETE FROM boot_log WHERE leaf_index = ?";
  private static final String KEEPS =
      "SELECT 1 FROM boot_log WHERE ak_name = ? AND decision = ? AND boot = ?";
  private static final String OF_HOST =
      "SELECT ak_name, decision, boot, digest, bytes, leaf_index FROM boot_log WHERE ak_name = ?"
          + " ORDER BY leaf_index DESC";

  private final Statements statements;

  BootLogs(Statements statements) {
    this.statements = statements;
  }

  /** Keeps a log with the entry at {@code index}, unless it is kept already. */
  void keep(KeepBootLog log, long index) throws SQLException {
    byte[] akName = log.akName().bytes();
    boolean isNew =
        statements.any(KEEP, index, akName, log.decision(), log.boot(), log.digest(), log.log());
    if (isNew) {
      statements.update(
          DROP_OLDER, akName, log.decision(), akName, log.decision(), log.decision().kept());
    }
  }

  /** Whether a log of this boot is kept. */
  boolean keeps(AkName host, KeptBootLog.Decision decision, long boot) throws SQLException {
    return statements.any(KEEPS, host.bytes(), decision, boot);
  }

  /** Erases the log that was kept with a leaf; false if none was. */
  boolean erase(long index) throws SQLException {
    return statements.update(ERASE, index) == 1;
  }

  /** What is kept of a host, newest first. */
  List<KeptBootLog> of(AkName host) throws SQLException {
    return statements.all(
        row ->
            new KeptBootLog(
                AkName.of(row.getBytes(1)),
                KeptBootLog.Decision.valueOf(row.getString(2)),
                row.getLong(3),
                Statements.hash(row, 4),
                row.getBytes(5),
                row.getLong(6)),
        OF_HOST,
        host.bytes());
  }
}
