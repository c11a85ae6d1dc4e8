// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads what status tokens say. The writer holds the head for as long as it takes to say of which moment that is;
 * the bits, of which there may be a million, are read as of that moment beside it.
 */
final class StatusSnapshots {
  private final StoreReader store;
  private final Jobs jobs;

  StatusSnapshots(StoreReader store, Jobs jobs) {
    this.store = store;
    this.jobs = jobs;
  }

  /** What a snapshot is of. */
  private record Moment(Instant at, Head head, Optional<PolicyEpoch> policy) {}

  /** As {@link Ledger#statusSnapshot} says. */
  StatusSnapshot take(List<Integer> lists, Duration margin) throws LedgerException {
    return store.readOneMoment(
        (moment, statements) -> {
          Moment of =
              Jobs.await(
                  jobs.submit(
                      "the status lists must be read", (writer, now) -> at(writer, now, moment)));
          StatusLists bits = new StatusLists(statements);
          Map<Integer, BitSet> revoked = new TreeMap<>();
          for (int list : lists) {
            revoked.put(list, bits.revoked(list, of.at().minus(margin)));
          }
          return new StatusSnapshot(
              of.at(), of.head().size(), of.head().root(), of.policy(), revoked);
        });
  }

  /** Under the head's lock, so that time and tree rise together, and nothing lies between them and what is read. */
  private static Moment at(WriterSession writer, Instant now, StoreReader.Begin reading)
      throws SQLException, LedgerException {
    Statements statements = writer.statements();
    Instant at = new StatusLists(statements).rise(now);
    Head head = writer.tree().head().orElseThrow(RightEdgeCheck::noHead).head();
    Optional<PolicyEpoch> policy = new StateReads(statements).epoch();
    reading.begin();
    return new Moment(at, head, policy);
  }
}
