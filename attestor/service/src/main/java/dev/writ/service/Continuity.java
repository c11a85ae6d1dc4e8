// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.BootEnd;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.ClockInfo;
import dev.writ.evidence.ContinuityOutcome;
import dev.writ.evidence.ContinuityVerifier;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.HostClock;
import dev.writ.ledger.LastSeen;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.LiveArtifacts;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Judges each quote by what was last seen of its host, and says what its leaf has to change: what is seen
 * now, and whether artifacts of an earlier boot are to be voided.
 *
 * <p>What was last seen is kept in memory, as a hint. It is always true, and may be old: the ledger finds
 * that when the decision is committed, {@link #forget} drops it, and the quote is judged once more. What
 * voids or denies is never judged by a hint alone.
 */
final class Continuity {
  private final Ledger ledger;
  private final InstantSource clock;
  private final Recent<AkName, LastSeen> hints;

  /**
   * Of the hosts of a ledger.
   *
   * @param most how many are kept in memory
   */
  Continuity(Ledger ledger, InstantSource clock, int most) {
    this.ledger = ledger;
    this.clock = clock;
    this.hints = new Recent<>(most);
  }

  /**
   * What a quote means for its host's other decisions.
   *
   * @param denial why the quote cannot follow upon what was seen
   * @param seen to be recorded with what is decided, whichever it is
   * @param voiding what is to be voided before that
   */
  record Standing(Optional<Denial> denial, Optional<SetLastSeen> seen, Optional<Voiding> voiding) {
    /** Of a quote that says nothing of the host: it may be an old one. */
    static final Standing NONE = new Standing(Optional.empty(), Optional.empty(), Optional.empty());

    /** What is left to be done when what was to be voided is, and with it what was seen recorded. */
    Standing voided() {
      return new Standing(denial, seen.map(Standing::again), Optional.empty());
    }

    private static SetLastSeen again(SetLastSeen recorded) {
      return new SetLastSeen(
          recorded.akName(),
          recorded.clock(),
          recorded.seen(),
          recorded.anchor(),
          new Since.SameBoot(recorded.seen(), ContinuityVerifier.SLACK));
    }
  }

  /**
   * Artifacts that hold no more.
   *
   * @param akName of the host that has them
   * @param leaf what is said of it
   * @param reason why, as the leaf has it
   * @param live what it has
   */
  record Voiding(AkName akName, LeafBody leaf, String reason, LiveArtifacts live) {}

  /** Judges a quote that answers a challenge of ours, in time. */
  Standing judge(KnownHost host, VerifiedQuote quote, Challenge challenge) throws LedgerException {
    Instant seen = Instant.ofEpochMilli(clock.millis());
    Optional<LastSeen> hint = hints.get(host.akName());
    if (hint.isPresent() && judge(hint, quote, challenge) instanceof ContinuityOutcome.SameBoot) {
      return sameBoot(host, quote, seen, hint.get(), challenge);
    }
    Optional<LastSeen> last = ledger.lastSeen(host.akName());
    ContinuityOutcome outcome = judge(last, quote, challenge);
    if (outcome instanceof ContinuityOutcome.SameBoot) {
      return sameBoot(host, quote, seen, last.orElseThrow(), challenge);
    } else if (outcome instanceof ContinuityOutcome.FirstSeen) {
      return recorded(host, quote, seen, seen, new Since.Nothing(), Optional.empty());
    } else if (outcome instanceof ContinuityOutcome.NewBoot) {
      LastSeen before = last.orElseThrow();
      return recorded(
          host,
          quote,
          seen,
          seen,
          new Since.OtherBoot(before.leafIndex()),
          voiding(before, BootEnd.NEW_BOOT));
    }
    ContinuityOutcome.Refused refused = (ContinuityOutcome.Refused) outcome;
    return new Standing(
        Optional.of(new Denial(DenialCode.RUNTIME_INTEGRITY, refused.reason(), refused.message())),
        Optional.empty(),
        refused.isRollback() ? voiding(last.orElseThrow(), BootEnd.ROLLBACK) : Optional.empty());
  }

  private static ContinuityOutcome judge(
      Optional<LastSeen> last, VerifiedQuote quote, Challenge challenge) {
    return ContinuityVerifier.judge(
        last.map(Continuity::lastQuote), quote, Challenges.issued(challenge));
  }

  private static ContinuityVerifier.LastQuote lastQuote(LastSeen last) {
    HostClock clock = last.clock();
    return new ContinuityVerifier.LastQuote(
        new ClockInfo(clock.clock(), clock.resetCount(), clock.restartCount(), clock.safe()),
        last.seen(),
        last.anchor());
  }

  private static Standing sameBoot(
      KnownHost host, VerifiedQuote quote, Instant seen, LastSeen last, Challenge challenge) {
    return recorded(
        host,
        quote,
        seen,
        ContinuityVerifier.anchor(lastQuote(last), quote.clockInfo(), seen),
        new Since.SameBoot(Challenges.issued(challenge), ContinuityVerifier.SLACK),
        Optional.empty());
  }

  private static Standing recorded(
      KnownHost host,
      VerifiedQuote quote,
      Instant seen,
      Instant anchor,
      Since since,
      Optional<Voiding> voiding) {
    ClockInfo info = quote.clockInfo();
    HostClock clock =
        new HostClock(info.clock(), info.resetCount(), info.restartCount(), info.safe());
    return new Standing(
        Optional.empty(),
        Optional.of(new SetLastSeen(host.akName(), clock, seen, anchor, since)),
        voiding);
  }

  /**
   * Read after what was last seen: an artifact that comes between the two was seen later, and {@link
   * Since.OtherBoot} finds that.
   */
  private Optional<Voiding> voiding(LastSeen before, BootEnd reason) throws LedgerException {
    LiveArtifacts live = ledger.liveArtifacts(before.akName());
    if (live.number() == 0) {
      return Optional.empty();
    }
    LeafBody.BootRevocation leaf =
        new LeafBody.BootRevocation(
            Hash.sha256(before.akName().bytes()),
            before.clock().resetCount(),
            before.clock().restartCount(),
            reason);
    return Optional.of(new Voiding(before.akName(), leaf, reason.wire(), live));
  }

  /** What was judged here is recorded. */
  void recorded(SetLastSeen seen, long leafIndex) {
    hints.put(
        seen.akName(),
        new LastSeen(seen.akName(), seen.clock(), seen.seen(), seen.anchor(), leafIndex));
  }

  /** Something else was seen of the host since. */
  void forget(AkName akName) {
    hints.remove(akName);
  }
}
