// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.tlog.Checkpoint;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the status token to judge by: the newest valid one of the artifact's list, of those that this
 * Relying Party keeps and the one that a bundle brings. Whatever stands between the two, or makes even
 * the newest one say nothing, breaks the continuity of governance.
 */
final class StatusJudgement {
  /** What to judge by. */
  sealed interface Outcome {
    /**
     * A fresh token that continues what was seen.
     *
     * @param token the newest of the list: it says what is withdrawn
     * @param inForce what the newest token of any list says is in force
     */
    record Current(StatusToken token, StatusGovernance inForce) implements Outcome {}

    /** None. */
    record Broken(String why) implements Outcome {}

    /** The memory cannot be read or written. */
    record Unavailable(String why) implements Outcome {}
  }

  private final Beliefs beliefs;
  private final StatusSource source;
  private final Seen seen;
  private final Instant now;

  StatusJudgement(Beliefs beliefs, StatusSource source, Seen seen, Instant now) {
    this.beliefs = beliefs;
    this.source = source;
    this.seen = seen;
    this.now = now;
  }

  /**
   * Judges one list.
   *
   * @param listUri which
   * @param given the text that came with the bundle
   * @param checkpoint the bundle's checkpoint, which the log policy trusts
   */
  Outcome judge(String listUri, Optional<String> given, Optional<Checkpoint> checkpoint) {
    StatusKeys.Outcome read =
        given
            .map(text -> readGiven(text, listUri))
            .orElseGet(() -> new StatusKeys.Outcome.None("absent"));
    Optional<StatusToken> offered = signed(read);
    Optional<StatusToken> held;
    Optional<StatusToken> anyHeld;
    try {
      held = seen.newestStatus(listUri).flatMap(this::readAgain);
      anyHeld = seen.newestGovernance(source.uri()).flatMap(this::readAgain);
    } catch (UncheckedIOException e) {
      return new Outcome.Unavailable(
          "the record of status tokens cannot be read: " + e.getMessage());
    }
    Optional<StatusToken> newest = latest(held, offered);
    if (newest.isEmpty()) {
      return new Outcome.Broken(
          "none of "
              + listUri
              + " is held, and the bundle's is "
              + ((StatusKeys.Outcome.None) read).why());
    }
    List<StatusToken> all = Stream.of(held, offered, anyHeld).flatMap(Optional::stream).toList();
    StatusToken governance = latest(latest(held, offered), anyHeld).orElseThrow();
    Optional<String> broken =
        discontinuity(all, checkpoint)
            .or(() -> aheadOfClock(governance))
            .or(() -> spent(newest.get()));
    if (broken.isPresent()) {
      return new Outcome.Broken(broken.get());
    }
    if (!newest.equals(held) && seen.recordStatus(newest.get()) == Seen.StatusOutcome.UNAVAILABLE) {
      return new Outcome.Unavailable("the record of status tokens cannot be written");
    }
    // Kept first: nothing is allowed by an older token once this one has been seen.
    return missed(governance)
        .<Outcome>map(Outcome.Broken::new)
        .orElseGet(() -> new Outcome.Current(newest.get(), governance.claims().writ()));
  }

  /** Judges a token that came by itself. */
  StatusVerdict learn(String text) {
    StatusKeys.Outcome read = beliefs.statusKeys().read(text);
    if (read instanceof StatusKeys.Outcome.Signed signed) {
      read = readGiven(text, signed.token().claims().listUri());
    }
    if (read instanceof StatusKeys.Outcome.None none) {
      return new StatusVerdict.Refused(DenialCode.GOVERNANCE_DISCONTINUITY, none.why());
    }
    StatusToken token = ((StatusKeys.Outcome.Signed) read).token();
    String listUri = token.claims().listUri();
    if (!StatusReference.isListUri(source.uri(), listUri)) {
      return new StatusVerdict.Refused(
          DenialCode.GOVERNANCE_DISCONTINUITY, listUri + " is no list of " + source.uri());
    }
    Outcome outcome = judge(listUri, Optional.of(text), Optional.empty());
    if (outcome instanceof Outcome.Broken broken) {
      return new StatusVerdict.Refused(DenialCode.GOVERNANCE_DISCONTINUITY, broken.why());
    }
    if (outcome instanceof Outcome.Unavailable unavailable) {
      return new StatusVerdict.Refused(DenialCode.UNVERIFIABLE, unavailable.why());
    }
    StatusToken newest = ((Outcome.Current) outcome).token();
    return newest.equals(token) ? new StatusVerdict.Newest(token) : new StatusVerdict.Older(newest);
  }

  /** A bundle may carry anything: what is no token of this list, by a key believed now, is none. */
  private StatusKeys.Outcome readGiven(String text, String listUri) {
    StatusKeys.Outcome read = beliefs.statusKeys().read(text);
    if (read instanceof StatusKeys.Outcome.Signed signed) {
      if (!signed.token().claims().listUri().equals(listUri)) {
        return new StatusKeys.Outcome.None("one of " + signed.token().claims().listUri());
      }
      if (!beliefs.statusKeys().coverNow(signed.token(), now)) {
        return new StatusKeys.Outcome.None("by a key that is outside its window at " + now);
      }
    }
    return read;
  }

  /** A kept token was valid once; the trust file may have come to disbelieve its key since. */
  private Optional<StatusToken> readAgain(StatusToken kept) {
    return signed(beliefs.statusKeys().read(kept.compact()));
  }

  private static Optional<StatusToken> signed(StatusKeys.Outcome outcome) {
    return outcome instanceof StatusKeys.Outcome.Signed signed
        ? Optional.of(signed.token())
        : Optional.empty();
  }

  /** The later of the two; the first where neither is. */
  private static Optional<StatusToken> latest(
      Optional<StatusToken> first, Optional<StatusToken> second) {
    return first.isPresent() && (second.isEmpty() || !second.get().isLaterThan(first.get()))
        ? first
        : second;
  }

  private static Optional<String> discontinuity(
      List<StatusToken> tokens, Optional<Checkpoint> checkpoint) {
    for (StatusToken one : tokens) {
      if (checkpoint.isPresent()
          && checkpoint.get().size() == one.claims().writ().treeSize()
          && !checkpoint.get().root().equals(one.claims().writ().root())) {
        return Optional.of(
            "size "
                + checkpoint.get().size()
                + " with two roots: the bundle's checkpoint's and "
                + one);
      }
      for (StatusToken other : tokens) {
        Optional<String> broken = discontinuity(one, other);
        if (broken.isPresent()) {
          return broken;
        }
      }
    }
    return Optional.empty();
  }

  /** What cannot be said by one issuer of one ledger, first one and then, if it is later, the other. */
  private static Optional<String> discontinuity(StatusToken one, StatusToken other) {
    StatusGovernance before = one.claims().writ();
    StatusGovernance after = other.claims().writ();
    if (before.treeSize() == after.treeSize() && !before.root().equals(after.root())) {
      return Optional.of("size " + before.treeSize() + " with two roots: " + one + " and " + other);
    }
    if (!other.isLaterThan(one)) {
      return Optional.empty();
    }
    return fell("tree size", before.treeSize(), after.treeSize(), one, other)
        .or(() -> fell("epoch", before.epoch(), after.epoch(), one, other))
        .or(() -> fell("min_epoch", before.minEpoch(), after.minEpoch(), one, other))
        .or(() -> fell("trust version", before.trustVersion(), after.trustVersion(), one, other));
  }

  private static Optional<String> fell(
      String what, long before, long after, StatusToken one, StatusToken other) {
    return after < before
        ? Optional.of(
            what + " fell from " + before + " (" + one + ") to " + after + " (" + other + ")")
        : Optional.empty();
  }

  /** Who goes by an older trust file may believe what nobody believes any more. */
  private Optional<String> missed(StatusToken token) {
    long held = beliefs.content().version();
    long inForce = token.claims().writ().trustVersion();
    return inForce > held
        ? Optional.of(
            "the issuer goes by version "
                + inForce
                + " of the trust file, and this verifier by version "
                + held
                + ": let it follow the published ones")
        : Optional.empty();
  }

  private Optional<String> aheadOfClock(StatusToken token) {
    return token.claims().iat().minus(beliefs.content().skew()).isAfter(now)
        ? Optional.of(
            "made "
                + token.claims().iat()
                + ", more than "
                + beliefs.content().skew()
                + " after this clock's "
                + now)
        : Optional.empty();
  }

  /** No skew is granted here: a token never says anything longer than it may. */
  private Optional<String> spent(StatusToken token) {
    Instant tooOld = token.claims().iat().plus(source.maxAge());
    Instant end = token.claims().exp().isBefore(tooOld) ? token.claims().exp() : tooOld;
    if (!now.isBefore(end)) {
      return Optional.of("made " + token.claims().iat() + ", too old since " + end);
    }
    return beliefs.statusKeys().coverNow(token, now)
        ? Optional.empty()
        : Optional.of("made " + token.claims().iat() + " by a key that is outside its window now");
  }
}
