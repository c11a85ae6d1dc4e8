// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.KeyLives;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TrustedCheckpoint;
import dev.writ.tlog.UnprovenException;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows a log from one look to the next, and says what no honest log shows. What was verified once is
 * what the next look begins from; a tree that does not continue it is not followed.
 */
final class LogMonitor {
  /**
   * Something that a person must look at.
   *
   * @param kind a stable word
   * @param reason what must hold and what was
   */
  record Alarm(String kind, String reason) {}

  /**
   * What a look found.
   *
   * @param size number of leaves that are verified after it
   * @param entriesBehind how many of the log's leaves were not, before it; where it was not followed, still
   *     are not
   * @param behind for how long the first of them had been in the log, by its own time
   * @param newestLeaf the time of the newest leaf, as it says
   * @param newestCosignature the time of the newest cosignature of the checkpoint, as its witness says
   * @param alarms those of this look
   * @param contradiction a checkpoint that is believed and does not continue what was verified: with that
   *     of the state it shows to anybody what the log did
   */
  record Look(
      long size,
      long entriesBehind,
      Duration behind,
      Optional<Instant> newestLeaf,
      Optional<Instant> newestCosignature,
      List<Alarm> alarms,
      Optional<SignedNote> contradiction) {}

  /** Keeps what is known, so that it is not forgotten. */
  @FunctionalInterface
  interface Memory {
    void keep(MonitorState state) throws CommandFailure;
  }

  /** Leaves after which a look that goes on keeps what it has verified. */
  private static final long KEPT_EACH = 64L * LogWalk.BUNDLE;

  /** So many looks in a row may see a checkpoint and fail to read its files, but for the last. */
  static final int UNREAD_LOOKS = 3;

  /** So many are told by themselves: all leaves of another's log may be unknown. */
  private static final int MOST_ALARMS = 20;

  private final TiledLog log;
  private final LogBelief belief;
  private final Optional<Duration> maxAge;
  private final long keptEach;
  private final Memory memory;
  private @Nullable MonitorState state;
  private @Nullable Instant newestLeaf;
  private @Nullable Instant newestCosignature;
  private int unread;

  /**
   * A monitor that goes on from what is known.
   *
   * @param maxAge for how long a log may have no new leaf, and no new cosignature where witnesses cosign it
   */
  LogMonitor(
      TiledLog log,
      LogBelief belief,
      Optional<MonitorState> known,
      Optional<Duration> maxAge,
      Memory memory) {
    this(log, belief, known, maxAge, KEPT_EACH, memory);
  }

  /** The same, keeping what it has verified after as many leaves as are said. */
  LogMonitor(
      TiledLog log,
      LogBelief belief,
      Optional<MonitorState> known,
      Optional<Duration> maxAge,
      long keptEach,
      Memory memory) {
    this.log = log;
    this.belief = belief;
    this.maxAge = maxAge;
    this.keptEach = keptEach;
    this.memory = memory;
    this.state = known.orElse(null);
    this.unread = state == null ? 0 : state.unread();
  }

  /** What is known after the last look; empty before the first that could be followed. */
  Optional<MonitorState> state() {
    return Optional.ofNullable(state);
  }

  /**
   * Looks at the log as of {@code now}, and keeps what is known then.
   *
   * @throws IOException if the log cannot be read: that is no alarm, unless it is what the log does at each look
   */
  Look look(Instant now) throws IOException, CommandFailure {
    List<Alarm> alarms = new ArrayList<>();
    try {
      return kept(look(now, alarms));
    } catch (IOException e) {
      if (state != null) {
        state = state.withAlarms(0, unread);
        memory.keep(state);
      }
      throw e;
    }
  }

  private Look kept(Look look) throws CommandFailure {
    if (state != null) {
      memory.keep(state);
    }
    return look;
  }

  private Look look(Instant now, List<Alarm> alarms) throws IOException, CommandFailure {
    Optional<SignedNote> note = note(alarms);
    Optional<TrustedCheckpoint> newest =
        note.isEmpty() ? Optional.empty() : believed(note.get(), now, alarms);
    if (newest.isEmpty()) {
      return refused(0, Duration.ZERO, alarms, Optional.empty());
    }
    Checkpoint checkpoint = newest.get().checkpoint();
    long behind = Math.max(0, checkpoint.size() - verified());
    long before = state == null ? 0 : state.alarms();
    Walk walk = new Walk(now, alarms);
    try {
      VerifiedTiles tiles = new VerifiedTiles(log, checkpoint.size(), checkpoint.root());
      Optional<Growth.Broken> broken =
          state == null ? Optional.empty() : Growth.broken(state.checkpoint(), checkpoint, tiles);
      if (broken.isPresent()) {
        unread = 0;
        alarms.add(new Alarm(broken.get().alarm(), broken.get().reason()));
        return refused(behind, Duration.ZERO, alarms, note);
      }
      walk.run(tiles, note.get(), checkpoint, before);
      walk.sumUp();
    } catch (UnprovenException | MissingTileException e) {
      unread = 0;
      alarms.add(
          new Alarm(
              "unproven", "what the log serves must lead to its checkpoint: " + e.getMessage()));
      return refused(behind, walk.behind, alarms, Optional.empty());
    } catch (IOException e) {
      unread++;
      if (unread < UNREAD_LOOKS) {
        throw e;
      }
      alarms.add(
          new Alarm(
              "unread",
              "who shows a checkpoint must show its files, and "
                  + unread
                  + " looks in a row could not read them: "
                  + e.getMessage()));
      return refused(behind, walk.behind, alarms, Optional.empty());
    }
    unread = 0;
    newestCosignature =
        newest.get().cosignatures().stream()
            .map(TrustedCheckpoint.Cosignature::time)
            .max(Comparator.naturalOrder())
            .orElse(null);
    overdue(now).ifPresent(alarms::add);
    state =
        new MonitorState(
            note.get(), checkpoint, checkpoint.size(), walk.keys.keys(), before + alarms.size(), 0);
    return new Look(
        checkpoint.size(),
        behind,
        walk.behind,
        Optional.ofNullable(newestLeaf),
        Optional.ofNullable(newestCosignature),
        alarms,
        Optional.empty());
  }

  /** How many leaves are verified. */
  private long verified() {
    return state == null ? 0 : state.verified();
  }

  /** That nothing came for too long, by what was seen last; a time that lies as far ahead says no more. */
  Optional<Alarm> overdue(Instant now) {
    if (maxAge.isEmpty()) {
      return Optional.empty();
    }
    if (newestLeaf == null || !isNear(newestLeaf, now)) {
      return Optional.of(stale("leaf", newestLeaf));
    }
    return newestCosignature == null || isNear(newestCosignature, now)
        ? Optional.empty()
        : Optional.of(stale("cosignature", newestCosignature));
  }

  private boolean isNear(Instant time, Instant now) {
    return Duration.between(time, now).abs().compareTo(maxAge.orElseThrow()) <= 0;
  }

  private Alarm stale(String what, @Nullable Instant was) {
    return new Alarm(
        "stale",
        "the newest "
            + what
            + " must be within "
            + maxAge.orElseThrow()
            + " of now, was of "
            + (was == null ? "no time that is known" : was));
  }

  /** The log is not followed; that it alarmed is remembered. */
  private Look refused(
      long entries, Duration behind, List<Alarm> alarms, Optional<SignedNote> contradiction) {
    if (state != null) {
      state = state.withAlarms(alarms.size(), unread);
    }
    return new Look(
        verified(), entries, behind, Optional.empty(), Optional.empty(), alarms, contradiction);
  }

  private Optional<SignedNote> note(List<Alarm> alarms) throws IOException {
    try {
      Optional<byte[]> bytes = log.readCheckpoint();
      if (bytes.isEmpty()) {
        alarms.add(new Alarm("checkpoint", "the log must have a checkpoint, and has none"));
        return Optional.empty();
      }
      return Optional.of(SignedNote.parse(bytes.get()));
    } catch (MalformedNoteException | UnprovenException e) {
      alarms.add(new Alarm("checkpoint", String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  private Optional<TrustedCheckpoint> believed(SignedNote note, Instant now, List<Alarm> alarms) {
    CheckpointOutcome outcome = belief.judge(note, now);
    if (outcome instanceof CheckpointOutcome.Refused refused) {
      alarms.add(new Alarm("checkpoint", refused.reason()));
      return Optional.empty();
    }
    TrustedCheckpoint trusted = (TrustedCheckpoint) outcome;
    Checkpoint checkpoint = trusted.checkpoint();
    if (state != null && !checkpoint.origin().equals(state.checkpoint().origin())) {
      alarms.add(
          new Alarm(
              "checkpoint",
              "the log must be "
                  + state.checkpoint().origin()
                  + ", of which the state is, was "
                  + checkpoint.origin()));
      return Optional.empty();
    }
    return Optional.of(trusted);
  }

  /** The leaves that were not seen before, one after the other. */
  private final class Walk {
    private final KeyLives keys = new KeyLives(state == null ? Map.of() : state.keys());
    private final Optional<TrustContent> trust = belief.trust().map(TrustFile::content);
    private final Instant now;
    private final List<Alarm> alarms;
    private Duration behind = Duration.ZERO;
    private long untold;

    Walk(Instant now, List<Alarm> alarms) {
      this.now = now;
      this.alarms = alarms;
    }

    /**
     * Takes them all. What is proven under a checkpoint that continues the last one stays proven whatever comes
     * of the rest, so that it is kept on the way; but not beyond a leaf that is to be told, which the next look
     * would not find again.
     */
    void run(VerifiedTiles tiles, SignedNote note, Checkpoint checkpoint, long alarmsBefore)
        throws IOException, CommandFailure {
      long size = checkpoint.size();
      long first = verified();
      for (long at = first; at < size; ) {
        long to = Math.min(size, (at / keptEach + 1) * keptEach);
        LogWalk.run(
            tiles,
            at,
            to,
            (index, entry) -> {
              take(index, entry, index == first);
              return true;
            });
        at = to;
        if (alarms.isEmpty() && at < size) {
          state = new MonitorState(note, checkpoint, at, keys.keys(), alarmsBefore, unread);
          memory.keep(state);
        }
      }
      if (newestLeaf == null && size > 0) {
        for (byte[] entry : tiles.entries((size - 1) / LogWalk.BUNDLE)) {
          newestLeaf = timeOf(entry).orElse(newestLeaf);
        }
      }
    }

    private Optional<Instant> timeOf(byte[] entry) {
      try {
        return Optional.of(Leaf.parse(entry).time());
      } catch (MalformedLeafException e) {
        return Optional.empty();
      }
    }

    private void take(long index, byte[] entry, boolean isFirst) {
      Leaf leaf;
      try {
        leaf = Leaf.parse(entry);
      } catch (MalformedLeafException e) {
        alarm("unknown_leaf", "leaf " + index + " must be one that is known: " + e.getMessage());
        return;
      }
      if (isFirst && leaf.time().isBefore(now)) {
        behind = Duration.between(leaf.time(), now);
      }
      newestLeaf = leaf.time();
      keys.take(leaf.body()).ifPresent(why -> alarm("key_order", "leaf " + index + ": " + why));
      keys.whyUnused(leaf, trust)
          .ifPresent(why -> alarm("key_window", "leaf " + index + ": " + why));
    }

    private void alarm(String kind, String reason) {
      if (alarms.size() < MOST_ALARMS) {
        alarms.add(new Alarm(kind, reason));
      } else {
        untold++;
      }
    }

    void sumUp() {
      if (untold > 0) {
        alarms.add(new Alarm("more", untold + " leaves or keys more must be as they may, are not"));
      }
    }
  }
}
