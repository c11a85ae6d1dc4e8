// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The table of payloads, and what says when they may go. Rows lie by their leaf, so that they are written
 * and purged side by side; what they are is in the leaf.
 */
final class PayloadRows {
  /** Most payloads that one transaction purges, and most bytes but for those of one more. */
  static final int CHUNK = 64;

  static final int CHUNK_BYTES = 1 << 20;

  /** Most leaves that it looks at. */
  static final int WINDOW = 8 * 1024;

  private static final String ADD =
      "INSERT INTO payload (leaf_index, bytes, kept) VALUES (?, ?, ?)";
  private static final String AT = "SELECT bytes, kept FROM payload WHERE leaf_index = ?";
  private static final String RETENTION = "SELECT kept FROM payload WHERE leaf_index = ?";
  private static final String BETWEEN =
      "SELECT leaf_index, bytes, kept FROM payload WHERE leaf_index >= ? AND leaf_index < ?"
          + " ORDER BY leaf_index";
  private static final String ERASE = "DELETE FROM payload WHERE leaf_index = ?";

  private static final String FROM = "SELECT payloads_from FROM tree_head WHERE id = 1";
  private static final String SET_FROM = "UPDATE tree_head SET payloads_from = ? WHERE id = 1";
  private static final String CANDIDATES =
      "SELECT payload.leaf_index, length(payload.bytes), leaf.bytes FROM payload"
          + " LEFT JOIN leaf ON leaf.leaf_index = payload.leaf_index"
          + " WHERE payload.leaf_index >= ? AND payload.leaf_index < ? AND payload.kept = 'PERIOD'"
          + " ORDER BY payload.leaf_index LIMIT ?";
  private static final String PURGE =
      "DELETE FROM payload WHERE leaf_index >= ? AND leaf_index < ? AND kept = 'PERIOD'";
  private static final String PURGE_BOOT_LOGS =
      "DELETE FROM boot_log WHERE leaf_index >= ? AND leaf_index < ?";

  private static final String LATER =
      "SELECT begins, leaf_index FROM payload_period WHERE begins < ?"
          + " ORDER BY begins, leaf_index LIMIT ?";
  private static final String BEGIN =
      "INSERT INTO payload_period (begins, leaf_index) VALUES (?, ?) ON CONFLICT DO NOTHING";
  private static final String END =
      "DELETE FROM payload_period WHERE begins = ? AND leaf_index = ?";
  private static final String HOST_ENDED =
      "INSERT INTO payload_period (begins, leaf_index) SELECT ?, leaf_index FROM host"
          + " WHERE ak_name = ? ON CONFLICT DO NOTHING";
  private static final String START_FOLLOWED =
      "INSERT INTO payload_period (begins, leaf_index) SELECT ?, leaf_index FROM service_start"
          + " ORDER BY leaf_index DESC LIMIT 1 ON CONFLICT DO NOTHING";

  private final Statements statements;

  PayloadRows(Statements statements) {
    this.statements = statements;
  }

  /** A row without its leaf. */
  record Row(long leafIndex, byte[] bytes, PayloadRetention retention) {}

  /** Adds the payloads of entries whose leaves lie from place {@code first} on. */
  void add(long first, List<Pending> entries) throws SQLException {
    PreparedStatement add = statements.with(ADD);
    boolean any = false;
    long index = first;
    for (Pending pending : entries) {
      Entry entry = pending.entry();
      Optional<byte[]> payload = entry.payload();
      if (payload.isPresent()) {
        add.setLong(1, index);
        add.setBytes(2, payload.get());
        add.setString(3, PayloadRetention.of(entry.leaf()).name());
        add.addBatch();
        any = true;
      }
      index++;
    }
    if (any) {
      int[] ignored = add.executeBatch();
    }
  }

  Optional<Row> at(long index) throws SQLException {
    return statements.first(
        row -> new Row(index, row.getBytes(1), PayloadRetention.valueOf(row.getString(2))),
        AT,
        index);
  }

  Optional<PayloadRetention> retention(long index) throws SQLException {
    return statements.first(row -> PayloadRetention.valueOf(row.getString(1)), RETENTION, index);
  }

  /** The rows from {@code start} to before {@code end}; all in memory. */
  List<Row> between(long start, long end) throws SQLException {
    return statements.all(PayloadRows::row, BETWEEN, start, end);
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(row.getLong(1), row.getBytes(2), PayloadRetention.valueOf(row.getString(3)));
  }

  /** Erases the payload of a leaf; false if it has none. */
  boolean erase(long index) throws SQLException {
    return statements.update(ERASE, index) == 1;
  }

  /** The enrolment's payload of a host is not needed any more from {@code since} on. */
  void hostEnded(byte[] akName, Instant since) throws SQLException {
    statements.update(HOST_ENDED, since, akName);
  }

  /** A start comes at {@code since}: the one before it is the newest no longer. */
  void startFollowed(Instant since) throws SQLException {
    statements.update(START_FOLLOWED, since);
  }

  /**
   * What a purge can erase.
   *
   * @param from no payload that is kept for a period lies before this leaf
   * @param through nor before this one, once it is done
   * @param candidates those between the two
   * @param later those whose period began with no leaf's place, and is over
   * @param more whether others may be due, too
   */
  record Due(
      long from, long through, List<Candidate> candidates, List<Period> later, boolean more) {
    boolean isNothing() {
      return later.isEmpty() && from == through;
    }
  }

  /** A payload and its leaf, which may have gone to the archive. */
  private record Beside(long leafIndex, long length, Optional<byte[]> leaf) {}

  private static Instant time(KeptTree tree, Beside row) throws SQLException, LedgerException {
    Optional<byte[]> leaf = row.leaf();
    if (leaf.isEmpty()) {
      leaf = tree.leaves(row.leafIndex(), row.leafIndex() + 1).stream().findFirst();
    }
    return LeafSearch.leaf(
            leaf.orElseThrow(
                () -> SignedTree.corrupt("no leaf is beside payload " + row.leafIndex(), null)))
        .time();
  }

  /** A payload and its leaf's time. */
  record Candidate(long leafIndex, long length, Instant time) {}

  /** When the period of a payload begins. */
  record Period(Instant begins, long leafIndex) {}

  /** What is due where leaves of before {@code time} are old, among the first {@code size}. */
  Due due(KeptTree tree, Instant time, long size) throws SQLException, LedgerException {
    long from = statements.first(row -> row.getLong(1), FROM).orElse(0L);
    long old = new LeafSearch(tree).firstFrom(time, from, size);
    long end = Math.min(old, from + WINDOW);
    List<Beside> rows =
        statements.all(
            row -> new Beside(row.getLong(1), row.getLong(2), Optional.ofNullable(row.getBytes(3))),
            CANDIDATES,
            from,
            end,
            CHUNK);
    List<Candidate> found = new ArrayList<>(rows.size());
    for (Beside row : rows) {
      found.add(new Candidate(row.leafIndex(), row.length(), time(tree, row)));
    }
    int count = 0;
    for (long bytes = 0; count < found.size() && bytes < CHUNK_BYTES; count++) {
      bytes += found.get(count).length();
    }
    boolean all = count == found.size() && count < CHUNK;
    long through = all ? end : found.get(count - 1).leafIndex() + 1;
    List<Period> later =
        statements.all(
            row -> new Period(Statements.time(row, 1), row.getLong(2)), LATER, time, CHUNK);
    return new Due(
        from, through, found.subList(0, count), later, through < old || later.size() == CHUNK);
  }

  /**
   * Erases what is due, boot logs included, and remembers how far that went. Where a clock was set leaves
   * are not in the order of their times: what is younger than those after it gets a period of its own.
   *
   * @return how many payloads there were
   */
  int purge(Due due, Instant time) throws SQLException {
    int purged = 0;
    if (due.candidates().stream().allMatch(each -> each.time().isBefore(time))) {
      purged = statements.update(PURGE, due.from(), due.through());
      statements.update(PURGE_BOOT_LOGS, due.from(), due.through());
    } else {
      for (Candidate each : due.candidates()) {
        if (each.time().isBefore(time)) {
          purged += eraseWithLog(each.leafIndex());
        } else {
          statements.update(BEGIN, each.time(), each.leafIndex());
        }
      }
    }
    for (Period each : due.later()) {
      purged += eraseWithLog(each.leafIndex());
      statements.update(END, each.begins(), each.leafIndex());
    }
    statements.update(SET_FROM, due.through());
    return purged;
  }

  private int eraseWithLog(long index) throws SQLException {
    boolean unused = new BootLogs(statements).erase(index);
    return erase(index) ? 1 : 0;
  }
}
