// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/** Reads and writes of the keys that all nodes share. No message holds a byte of them. */
final class MacKeys {
  private static final Pattern PURPOSE = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  private static final String NEWEST_FIRST =
      "SELECT created, key FROM mac_key WHERE purpose = ? ORDER BY created DESC";
  private static final String PUT = "INSERT INTO mac_key (purpose, created, key) VALUES (?, ?, ?)";
  private static final String SUPERSEDED =
      "SELECT created FROM mac_key WHERE purpose = ? AND created <"
          + " (SELECT MAX(created) FROM mac_key WHERE purpose = ? AND created <= ?)";
  private static final String DELETE = "DELETE FROM mac_key WHERE purpose = ? AND created = ?";

  private final Statements statements;

  MacKeys(Statements statements) {
    this.statements = statements;
  }

  static void requirePurpose(String purpose) {
    if (!PURPOSE.matcher(purpose).matches()) {
      throw new IllegalArgumentException(
          "a purpose must be a word of at most 32 of a-z, 0-9 and -, was " + purpose);
    }
  }

  List<MacKey> newestFirst(String purpose) throws SQLException {
    return statements.all(
        row -> new MacKey(Statements.time(row, 1), row.getBytes(2)), NEWEST_FIRST, purpose);
  }

  /** See {@link SharedKeys#renew}. */
  List<MacKey> renew(
      WriterSession writer,
      String purpose,
      byte[] fresh,
      Instant ifNewestBefore,
      Duration kept,
      Instant now)
      throws SQLException {
    List<MacKey> keys = newestFirst(purpose);
    if (keys.isEmpty()) {
      statements.update(PUT, purpose, now, fresh);
    } else if (keys.get(0).created().isBefore(ifNewestBefore)) {
      // Where the clock fell back, the newest key is still the one that came last.
      Instant next = keys.get(0).created().plusMillis(1);
      statements.update(PUT, purpose, now.isAfter(next) ? now : next, fresh);
    }
    List<Long> superseded =
        statements.all(row -> row.getLong(1), SUPERSEDED, purpose, purpose, now.minus(kept));
    if (!superseded.isEmpty()) {
      writer.beginErasure();
      for (long created : superseded) {
        statements.update(DELETE, purpose, created);
      }
    }
    return newestFirst(purpose);
  }
}
