// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds a refused request again by its id, which says when it was: its minute's summary stands behind the
 * minute's end, and few leaves are looked at. Every node writes one.
 */
final class RefusalSearch {
  /** By how much leaves stand out of the order of their times. */
  private static final Duration DISORDER = Duration.ofSeconds(2);

  private static final Duration SOON = Duration.ofSeconds(30);

  /** While the ledger is away, summaries wait. */
  private static final Duration LATE = Duration.ofMinutes(15);

  /** Most leaves of a span that are looked at. */
  private static final int MOST = 1 << 18;

  private final Ledger ledger;
  private final long most;

  RefusalSearch(Ledger ledger) {
    this(ledger, MOST);
  }

  /**
   * The same with another bound.
   *
   * @param most leaves of a span that are looked at
   */
  RefusalSearch(Ledger ledger, long most) {
    this.ledger = ledger;
    this.most = most;
  }

  /** What is known of a request. */
  sealed interface Found {
    /**
     * It was refused.
     *
     * @param index of the summary's leaf
     */
    record Refused(UuidV7 request, long index, ListedRefusals.Row row, byte[] clientSalt)
        implements Found {
      /** Copies the salt. */
      public Refused {
        clientSalt = clientSalt.clone();
      }

      @Override
      public byte[] clientSalt() {
        return clientSalt.clone();
      }
    }

    /** It may be one of those that this summary counts and does not list. */
    record Unlisted(long index, long number) implements Found {}

    /** It may be one of those that were listed beside this summary. */
    record Erased(long index) implements Found {}

    /**
     * No summary speaks of it among the leaves that were looked at, and more are of its time.
     *
     * @param from the first of them that was not looked at
     * @param to the first behind them
     */
    record Cut(long from, long to) implements Found {}

    /** No summary speaks of it. */
    record Nowhere() implements Found {}
  }

  /** Looks where it must be, then where it is if the service was stopped, or could not write. */
  Found find(UuidV7 request) throws LedgerException {
    Instant end = Summaries.endOf(request.time());
    List<Instant[]> spans =
        List.of(
            new Instant[] {end.minus(DISORDER), end.plus(SOON)},
            new Instant[] {request.time().minus(DISORDER), end.minus(DISORDER)},
            new Instant[] {end.plus(SOON), end.plus(LATE)});
    Found best = new Found.Nowhere();
    for (Instant[] span : spans) {
      Found found = between(ledger.firstFrom(span[0]), ledger.firstFrom(span[1]), request);
      if (found instanceof Found.Refused) {
        return found;
      }
      boolean isOfItsMinute = found instanceof Found.Unlisted || found instanceof Found.Erased;
      boolean isBetter = best instanceof Found.Cut && isOfItsMinute;
      best = best instanceof Found.Nowhere || isBetter ? found : best;
    }
    return best;
  }

  private Found between(long from, long to, UuidV7 request) throws LedgerException {
    Found best = new Found.Nowhere();
    long end = Math.min(to, from + most);
    OptionalLong next = ledger.firstOf(LeafKind.SUMMARY, from, end);
    while (next.isPresent()) {
      long index = next.getAsLong();
      Found found = at(index, request);
      if (found instanceof Found.Refused) {
        return found;
      }
      best = best instanceof Found.Nowhere ? found : best;
      next = ledger.firstOf(LeafKind.SUMMARY, index + 1, end);
    }
    if (best instanceof Found.Nowhere && end < to) {
      return new Found.Cut(end, to);
    }
    return best;
  }

  private Found at(long index, UuidV7 request) throws LedgerException {
    Leaf leaf = ledger.leaf(index).orElseThrow();
    if (!(leaf.body() instanceof LeafBody.Summary summary) || leaf.payload().isEmpty()) {
      return new Found.Nowhere();
    }
    Instant time = request.time();
    if (!time.isBefore(summary.from()) && time.isBefore(summary.to())) {
      return read(index, request);
    }
    // What was told as a minute ended may stand with the next, and is looked for no more than
    // there.
    boolean isBeside =
        !time.isBefore(summary.from().minus(DISORDER)) && time.isBefore(summary.from());
    try {
      Found found = isBeside ? read(index, request) : new Found.Nowhere();
      return found instanceof Found.Refused ? found : new Found.Nowhere();
    } catch (LedgerException | DeniedException e) {
      return new Found.Nowhere();
    }
  }

  private Found read(long index, UuidV7 request) throws LedgerException {
    Optional<byte[]> payload = ledger.payload(index);
    if (payload.isEmpty()) {
      return new Found.Erased(index);
    }
    try {
      ListedRefusals listed = ListedRefusals.parse(payload.get());
      Optional<ListedRefusals.Row> row = listed.of(request);
      if (row.isPresent()) {
        return new Found.Refused(request, index, row.get(), listed.clientSalt());
      }
      return listed.unlisted() > 0
          ? new Found.Unlisted(index, listed.unlisted())
          : new Found.Nowhere();
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw KeptDecision.contradiction(index, String.valueOf(e.getMessage()));
    }
  }
}
