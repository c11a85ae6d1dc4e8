// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads and writes how far readers were told of what the log has. It follows from no leaf. */
final class ToldReaders {
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,64}");
  private static final String NEXT = "SELECT next_index FROM told_reader WHERE name = ?";

  /** A reader that several nodes tell is as far as the one that told most. */
  private static final String KEEP =
      "INSERT INTO told_reader (name, next_index) VALUES (?, ?)"
          + " ON CONFLICT (name) DO UPDATE SET next_index = excluded.next_index"
          + " WHERE told_reader.next_index < excluded.next_index";

  private final Statements statements;

  ToldReaders(Statements statements) {
    this.statements = statements;
  }

  static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a reader's name must be of a-z, 0-9, - and _, at most 64, was not");
    }
  }

  OptionalLong next(String name) throws SQLException {
    return statements
        .first(row -> row.getLong(1), NEXT, name)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /** See {@link Ledger#keepTold}. */
  long keep(String name, long next) throws SQLException {
    statements.update(KEEP, name, next);
    return next(name).orElseThrow();
  }
}
