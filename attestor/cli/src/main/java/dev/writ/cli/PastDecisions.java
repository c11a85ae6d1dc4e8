// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which recorded decisions are looked at again: the last days', or those of some leaves. */
final class PastDecisions {
  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = EnrolCommand.TimeConverter.class,
      description = "How far back: days 7d, hours 12h, minutes 30m, seconds 90s.")
  @Nullable Duration since;

  @Option(
      names = "--range",
      paramLabel = "FROM..TO",
      description = {
        "Instead of a time: the decisions among the leaves from FROM to before TO; without FROM from",
        "the first on, without TO to the last."
      })
  @Nullable String range;

  /** Of these options, or of none where neither was given. */
  static Wanted wanted(@Nullable PastDecisions given, Duration usual, Instant now)
      throws CommandFailure {
    if (given != null && given.range != null) {
      return new Wanted(Optional.of(LeafSpan.Wanted.parse(given.range)), Instant.MIN);
    }
    Duration back = given == null || given.since == null ? usual : given.since;
    return new Wanted(Optional.empty(), now.minus(back));
  }

  /**
   * What was asked for, understood.
   *
   * @param range leaves; where there are none, all from {@code since} on
   */
  record Wanted(Optional<LeafSpan.Wanted> range, Instant since) {
    /** The leaves of this log. */
    LeafSpan of(StoredLedger ledger) throws CommandFailure, LedgerException {
      long size = ledger.size();
      return range.isPresent() ? range.get().of(size) : new LeafSpan(ledger.firstFrom(since), size);
    }
  }
}
