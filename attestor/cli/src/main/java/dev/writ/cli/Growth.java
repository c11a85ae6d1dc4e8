// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.util.Optional;

/** Whether a log only grew between two checkpoints that its keys signed. */
final class Growth {
  /**
   * A log that did not.
   *
   * @param alarm {@code shrunk}, {@code forked} or {@code inconsistent}
   * @param reason what must hold and what was
   */
  record Broken(String alarm, String reason) {}

  private Growth() {}

  /** What is wrong with {@code newer} after {@code older}, if something is. */
  static Optional<Broken> broken(Checkpoint older, Checkpoint newer, VerifiedTiles tiles)
      throws IOException {
    if (newer.size() < older.size()) {
      return Optional.of(
          new Broken(
              "shrunk",
              "the log must have at least the "
                  + older.size()
                  + " leaves that it had, signed that it has "
                  + newer.size()));
    }
    if (newer.size() == older.size()) {
      return newer.root().equals(older.root())
          ? Optional.empty()
          : Optional.of(
              new Broken(
                  "forked",
                  "one size must have one root, and the log signed "
                      + older.root()
                      + " and "
                      + newer.root()
                      + " at "
                      + newer.size()));
    }
    if (older.size() == 0) {
      return Optional.empty();
    }
    try {
      ConsistencyProof proof = tiles.tree().consistencyProof(older.size());
      return proof.verify(older.root(), newer.root()) instanceof ProofOutcome.NotProven not
          ? Optional.of(
              new Broken(
                  "inconsistent",
                  "the tree must begin with the one of "
                      + older.size()
                      + " leaves that was seen, does not: "
                      + not.reason()))
          : Optional.empty();
    } catch (MalformedTileException e) {
      throw new IllegalStateException("bug: a tile that was proven could not be read", e);
    }
  }

  /** Ends the command where the log did not only grow. */
  static void require(Checkpoint older, OpenedLog newer) throws CommandFailure {
    Optional<Broken> broken = newer.reading(() -> broken(older, newer.checkpoint(), newer.tiles()));
    if (broken.isPresent()) {
      throw CommandFailure.integrity(broken.get().alarm() + ": " + broken.get().reason());
    }
  }
}
