// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an operator does about a {@link RollbackCounter}, while the node is stopped: gives one to a ledger
 * that has leaves, or takes store and counter as they are, where both do not agree.
 */
public final class AnchorSetup {
  /** What came of it. */
  public enum Outcome {
    /** A counter was made, which the store knows now. */
    MADE,
    /** The store knows now what a counter has come to that was there. */
    ACCEPTED,
    /** They agreed. */
    UNCHANGED
  }

  /**
   * How they stand now.
   *
   * @param count what the counter has come to
   */
  public record Done(Outcome outcome, long count) {}

  private AnchorSetup() {}

  /**
   * Has the store agree with the counter.
   *
   * @param knowingly whether also where that may hide that the store was put back
   * @throws LedgerException if there is no store, it is open, a layer fails, or they do not agree
   */
  public static Done run(StoreConfig config, RollbackCounter counter, boolean knowingly)
      throws LedgerException {
    try (Database database = Database.openExisting(config)) {
      WriterSession session = WriterSession.open(database);
      try {
        Schema.bringUpToDate(session.connection(), database);
        return run(session, database.isShared(), counter, knowingly);
      } finally {
        session.abort();
      }
    } catch (SQLException e) {
      throw LedgerException.of("the store must be a database that can be written", e);
    }
  }

  private static Done run(
      WriterSession session, boolean shared, RollbackCounter counter, boolean knowingly)
      throws SQLException, LedgerException {
    Hash identity = counter.identity();
    OptionalLong counted = counter.read();
    CounterCounts counts = new CounterCounts(session.statements());
    Optional<CounterCounts.Count> stored = counts.of(identity);
    // Of a store that nodes share the others' counters are there as well.
    boolean replaced = !shared && counts.knowsOthers(identity);
    session.rollback();
    CounterStanding standing = CounterStanding.of(stored, counted);
    if (standing == CounterStanding.AT_REST || standing == CounterStanding.BETWEEN) {
      return new Done(Outcome.UNCHANGED, counted.getAsLong());
    }
    if (!knowingly && replaced) {
      throw replaced(counter);
    }
    if (!knowingly && standing != CounterStanding.NONE) {
      throw CountedStore.refusal(counter, standing, stored, counted);
    }
    // A crash before the commit leaves a counter of which the store says nothing, or something
    // else:
    // the next start does not take it, and the operator does this again, knowingly.
    long count = counted.isPresent() ? counted.getAsLong() : counter.make();
    counts.put(identity, count);
    if (!shared) {
      counts.forgetOthers(identity);
    }
    session.commit();
    return new Done(counted.isPresent() ? Outcome.ACCEPTED : Outcome.MADE, count);
  }

  private static LedgerException replaced(RollbackCounter counter) {
    return new LedgerException(
        "ledger",
        "the store must be anchored by "
            + counter
            + ", is by another counter: the TPM was replaced or cleared, or its index changed. Once you"
            + " know that the store was not put back, writ ledger anchor --accept takes this counter in"
            + " the place of that one");
  }
}
