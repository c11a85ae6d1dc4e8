// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A store that says how far a {@link RollbackCounter} has come. Each time that the counter is raised, all
 * copies of the store that were made before say less than it, and are refused from then on.
 *
 * <pre>
 * store  counter
 *   c       c      at rest
 *  c+1      c      the store says so first, durably; a crash leaves this, and the next start raises the
 *                  counter
 *  c+1     c+1     at rest
 * </pre>
 *
 * <p>The other order would leave a store that looks put back. The store is never two ahead: that is a
 * counter that is not the one it was.
 */
final class CountedStore implements Anchor {
  private final Database database;
  private final CounterAnchor anchor;
  private final RollbackCounter counter;

  CountedStore(Database database, CounterAnchor anchor) {
    this.database = database;
    this.anchor = anchor;
    this.counter = anchor.counter();
  }

  /**
   * Compares both before anything is signed. Where the ledger grew since the counter was raised last, as
   * before a crash, it is raised.
   *
   * @param session with no transaction open
   * @param size number of leaves of the ledger; one that has none is given a counter
   * @throws LedgerException if the store was put back, or the counter is not the store's
   */
  void begin(WriterSession session, long size) throws SQLException, LedgerException {
    Hash identity = counter.identity();
    OptionalLong counted = counter.read();
    CounterCounts counts = new CounterCounts(session.statements());
    CounterStanding standing = CounterStanding.of(counts.of(identity), counted);
    session.rollback();
    if (standing == CounterStanding.NONE && size == 0) {
      long made = counter.make();
      // A crash here leaves a counter of which the store knows nothing, and an operator is asked.
      counts.put(identity, made);
      session.commit();
      return;
    }
    advance(session, identity, counted, size);
  }

  @Override
  public void keep(SignedHead newest) throws LedgerException {
    Hash identity = counter.identity();
    OptionalLong counted = counter.read();
    try {
      WriterSession session = WriterSession.open(database);
      try {
        advance(session, identity, counted, newest.head().size());
      } finally {
        session.abort();
      }
    } catch (SQLException e) {
      throw LedgerException.of("the store must be writable, to say of " + this + " what it is", e);
    }
  }

  /**
   * Finishes what was begun, and raises store and counter by one if the tree grew since.
   *
   * @param counted what the counter said before the transaction: nothing is locked while it is asked
   */
  private void advance(WriterSession session, Hash identity, OptionalLong counted, long size)
      throws SQLException, LedgerException {
    CounterCounts counts = new CounterCounts(session.statements());
    Optional<CounterCounts.Count> stored = counts.of(identity);
    session.rollback();
    CounterStanding standing = CounterStanding.of(stored, counted);
    if (stored.isEmpty()
        || !(standing == CounterStanding.AT_REST || standing == CounterStanding.BETWEEN)) {
      throw refusal(counter, standing, stored, counted);
    }
    CounterCounts.Count count = stored.get();
    if (standing == CounterStanding.BETWEEN) {
      // What a failed sync left in memory alone must be durable before the counter says so, too.
      session.settle();
      raise(count.raisedTo());
    }
    if (count.size() == size) {
      return;
    }
    if (!counts.raise(identity, count.raisedTo(), size)) {
      throw new LedgerException(
          "ledger",
          this + " must be this node's alone, and something else changed its count in the store");
    }
    session.commit();
    // A crash here leaves the store one ahead.
    raise(count.raisedTo() + 1);
  }

  private void raise(long expected) throws LedgerException {
    long raised = counter.raise();
    if (raised != expected) {
      throw new LedgerException(
          "ledger",
          this
              + " must come to "
              + expected
              + " as it is raised, came to "
              + raised
              + ": something else raises it. Give each ledger and each node a counter of its own;"
              + " until then none of them starts again");
    }
  }

  /** Says why a ledger is not opened, and what to do. */
  static LedgerException refusal(
      RollbackCounter counter,
      CounterStanding standing,
      Optional<CounterCounts.Count> stored,
      OptionalLong counted) {
    String says = stored.map(count -> Long.toString(count.raisedTo())).orElse("nothing");
    String is = counted.isPresent() ? Long.toString(counted.getAsLong()) : "nothing";
    String accept =
        ". Once you know why, writ ledger anchor --accept takes store and counter as they are";
    String sentence =
        switch (standing) {
          case STORE_BEHIND ->
              "the store must say of "
                  + counter
                  + " what it has come to, "
                  + is
                  + ", says "
                  + says
                  + ": the store was rolled back, or something else raised the counter; put the newest"
                  + " store back"
                  + accept;
          case COUNTER_BEHIND ->
              counter
                  + " must have come to the store's "
                  + says
                  + ", has to "
                  + is
                  + ": the TPM's state was put back, or is another's"
                  + accept;
          case COUNTER_GONE ->
              counter
                  + " must be there, since the store says that it has come to "
                  + says
                  + ", is not: it was removed"
                  + accept;
          case UNKNOWN_TO_STORE ->
              "the store must know "
                  + counter
                  + ", which has come to "
                  + is
                  + ", does not: it is a copy from before it had one, or another ledger's; put the newest"
                  + " store back"
                  + accept;
          case NONE ->
              counter
                  + " must be there, is not, while the ledger has leaves: find out whether the TPM was"
                  + " replaced or cleared and the store put back. If this ledger is anchored by it from"
                  + " now on, make it by writ ledger anchor";
          case AT_REST, BETWEEN -> throw new IllegalStateException("bug: they agree");
        };
    return new LedgerException("ledger", sentence);
  }

  @Override
  public Duration every() {
    return anchor.every();
  }

  @Override
  public String toString() {
    return counter.toString();
  }
}
