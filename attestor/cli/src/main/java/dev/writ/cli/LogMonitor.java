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
   * @param alarms those of this look
   * @param contradiction a checkpoint that is believed and does not continue what was verified: with that
   *     of the state it shows to anybody what the log did
   */
  record Look(
      long size,
      long entriesBehind,
      Duration behind,
      List<Alarm> alarms,
      Optional<SignedNote> contradiction) {}

  /** So many are told by themselves: all leaves of another's log may be unknown. */
  private static final int MOST_ALARMS = 20;

  private final TiledLog log;
  private final LogBelief belief;
  private @Nullable MonitorState state;

  LogMonitor(TiledLog log, LogBelief belief, Optional<MonitorState> known) {
    this.log = log;
    this.belief = belief;
    this.state = known.orElse(null);
  }

  /** What is known after the last look; empty before the first that could be followed. */
  Optional<MonitorState> state() {
    return Optional.ofNullable(state);
  }

  /**
   * Looks at the log as of {@code now}.
   *
   * @throws IOException if the log cannot be read: that is no alarm
   */
  Look look(Instant now) throws IOException {
    List<Alarm> alarms = new ArrayList<>();
    long known = state == null ? 0 : state.checkpoint().size();
    Optional<SignedNote> note = note(alarms);
    Optional<Checkpoint> newest =
        note.isEmpty() ? Optional.empty() : believed(note.get(), now, alarms);
    if (newest.isEmpty()) {
      return refused(known, 0, Duration.ZERO, alarms, Optional.empty());
    }
    Checkpoint checkpoint = newest.get();
    long behind = Math.max(0, checkpoint.size() - known);
    Walk walk = new Walk(now, alarms);
    try {
      VerifiedTiles tiles = new VerifiedTiles(log, checkpoint.size(), checkpoint.root());
      Optional<Growth.Broken> broken =
          state == null ? Optional.empty() : Growth.broken(state.checkpoint(), checkpoint, tiles);
      if (broken.isPresent()) {
        alarms.add(new Alarm(broken.get().alarm(), broken.get().reason()));
        return refused(known, behind, Duration.ZERO, alarms, note);
      }
      walk.run(tiles, known);
      walk.sumUp();
    } catch (UnprovenException | MissingTileException e) {
      alarms.add(
          new Alarm(
              "unproven", "what the log serves must lead to its checkpoint: " + e.getMessage()));
      return refused(known, behind, walk.behind, alarms, Optional.empty());
    }
    state =
        new MonitorState(note.get(), checkpoint, walk.keys.keys(), alarmsBefore() + alarms.size());
    return new Look(checkpoint.size(), behind, walk.behind, alarms, Optional.empty());
  }

  private long alarmsBefore() {
    return state == null ? 0 : state.alarms();
  }

  /** The log is not followed; that it alarmed is remembered. */
  private Look refused(
      long known,
      long entries,
      Duration behind,
      List<Alarm> alarms,
      Optional<SignedNote> contradiction) {
    if (state != null) {
      state =
          new MonitorState(
              state.note(), state.checkpoint(), state.keys(), state.alarms() + alarms.size());
    }
    return new Look(known, entries, behind, alarms, contradiction);
  }

  private Optional<SignedNote> note(List<Alarm> alarms) throws IOException {
    Optional<byte[]> bytes = log.readCheckpoint();
    if (bytes.isEmpty()) {
      alarms.add(new Alarm("checkpoint", "the log must have a checkpoint, and has none"));
      return Optional.empty();
    }
    try {
      return Optional.of(SignedNote.parse(bytes.get()));
    } catch (MalformedNoteException e) {
      alarms.add(new Alarm("checkpoint", String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  private Optional<Checkpoint> believed(SignedNote note, Instant now, List<Alarm> alarms) {
    CheckpointOutcome outcome = belief.judge(note, now);
    if (outcome instanceof CheckpointOutcome.Refused refused) {
      alarms.add(new Alarm("checkpoint", refused.reason()));
      return Optional.empty();
    }
    Checkpoint checkpoint = ((TrustedCheckpoint) outcome).checkpoint();
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
    return Optional.of(checkpoint);
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

    void run(VerifiedTiles tiles, long from) throws IOException {
      LogWalk.run(
          tiles,
          from,
          tiles.size(),
          (index, entry) -> {
            take(index, entry, index == from);
            return true;
          });
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
