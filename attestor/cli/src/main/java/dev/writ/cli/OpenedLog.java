// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.VerifiedLeaves;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.PrunedLog;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TrustedCheckpoint;
import dev.writ.tlog.UnprovenException;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A log at a checkpoint that is believed.
 *
 * @param options name it
 * @param log gives what is proven from the checkpoint
 * @param belief believed it
 * @param checkpoint what is believed
 * @param note with its signatures
 */
record OpenedLog(
    LogOptions options, TiledLog log, LogBelief belief, Checkpoint checkpoint, SignedNote note) {
  /** Reads from a log. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws IOException, CommandFailure;
  }

  static OpenedLog of(LogOptions options, TiledLog log, LogBelief belief) throws CommandFailure {
    Optional<byte[]> bytes = reading(options, log::readCheckpoint);
    if (bytes.isEmpty()) {
      throw CommandFailure.configuration(
          "the log must have a checkpoint, and " + options.source + " has none: check its address");
    }
    try {
      SignedNote note = SignedNote.parse(bytes.get());
      CheckpointOutcome outcome = belief.judge(note, options.now());
      if (outcome instanceof TrustedCheckpoint trusted) {
        return new OpenedLog(options, log, belief, trusted.checkpoint(), note);
      }
      throw CommandFailure.invalid(
          "the checkpoint must be believed, is not: "
              + ((CheckpointOutcome.Refused) outcome).reason());
    } catch (MalformedNoteException e) {
      throw CommandFailure.invalid("the checkpoint must be a signed note: " + e.getMessage());
    }
  }

  /** What {@code reading} reads; ends the command where the log contradicts itself or cannot be read. */
  static <T> T reading(LogOptions options, Reading<T> reading) throws CommandFailure {
    try {
      return reading.read();
    } catch (UnprovenException | MissingTileException e) {
      throw CommandFailure.integrity(
          (isMissing(e)
                  ? "the log must serve what its checkpoint covers: "
                  : "the log contradicts its checkpoint: ")
              + e.getMessage());
    } catch (FileSystemException e) {
      throw CommandFailure.configuration("the folder", e);
    } catch (IOException e) {
      throw options.isFolder()
          ? CommandFailure.configuration("the log's folder", e)
          : CommandFailure.unreachable("the log's server", e);
    }
  }

  <T> T reading(Reading<T> reading) throws CommandFailure {
    return reading(
        options,
        () -> {
          try {
            return reading.read();
          } catch (UnprovenException | MissingTileException e) {
            Optional<String> pruned = isMissing(e) ? pruned() : Optional.empty();
            if (pruned.isPresent()) {
              throw CommandFailure.integrity(e.getMessage() + ": " + pruned.get());
            }
            throw e;
          }
        });
  }

  private static boolean isMissing(IOException failure) {
    return failure instanceof MissingTileException
        || failure instanceof UnprovenException unproven && unproven.isMissing();
  }

  /** Where the log begins, if its old entries are not served any more. */
  Optional<String> pruned() throws IOException {
    OptionalLong first = PrunedLog.firstEntry(log, checkpoint.size());
    return first.isEmpty() || first.getAsLong() == 0
        ? Optional.empty()
        : Optional.of(
            "the log serves no entry before "
                + first.getAsLong()
                + "; from there on verify --from, tail and proof --index read it, all else needs a copy"
                + " that has the rest");
  }

  VerifiedLeaves leaves() {
    return new VerifiedLeaves(log, checkpoint, note);
  }

  VerifiedTiles tiles() {
    return new VerifiedTiles(log, checkpoint.size(), checkpoint.root());
  }
}
