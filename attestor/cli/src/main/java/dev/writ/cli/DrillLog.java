// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Timeouts;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TrustedCheckpoint;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;

/** A service's ledger as anybody reads it: each leaf proven under a checkpoint that is believed. */
final class DrillLog implements Drill.Leaves {
  private final TiledLog log;
  private final LogBelief belief;
  private final InstantSource clock;

  private DrillLog(TiledLog log, LogBelief belief, InstantSource clock) {
    this.log = log;
    this.belief = belief;
    this.clock = clock;
  }

  /** That of the service at {@code url}. */
  static DrillLog of(URI url, TrustFile trust, InstantSource clock) throws CommandFailure {
    LogBelief belief = LogBelief.of(trust);
    return new DrillLog(
        HttpLog.at(url.resolve("/ledger"), belief.tls(), Timeouts.STANDARD), belief, clock);
  }

  @Override
  public long size() throws IOException, CommandFailure {
    return checkpoint().size();
  }

  @Override
  public Optional<Long> denial(long from, DenialCode code, Hash request)
      throws IOException, CommandFailure {
    Checkpoint checkpoint = checkpoint();
    Found found = new Found(code, request);
    LogWalk.run(
        new VerifiedTiles(log, checkpoint.size(), checkpoint.root()),
        from,
        checkpoint.size(),
        found);
    return found.index;
  }

  private Checkpoint checkpoint() throws IOException, CommandFailure {
    byte[] bytes =
        log.readCheckpoint().orElseThrow(() -> new IOException("the ledger has no checkpoint"));
    try {
      CheckpointOutcome outcome = belief.judge(SignedNote.parse(bytes), clock.instant());
      if (outcome instanceof TrustedCheckpoint trusted) {
        return trusted.checkpoint();
      }
      throw CommandFailure.integrity(
          "the ledger's checkpoint must be believed, is not: "
              + ((CheckpointOutcome.Refused) outcome).reason());
    } catch (MalformedNoteException e) {
      throw CommandFailure.integrity("the ledger's checkpoint must be a signed note: " + e);
    }
  }

  private static final class Found implements LogWalk.Visitor {
    private final DenialCode code;
    private final Hash request;
    private Optional<Long> index = Optional.empty();

    Found(DenialCode code, Hash request) {
      this.code = code;
      this.request = request;
    }

    @Override
    public boolean visit(long at, byte[] entry) {
      if (is(entry)) {
        index = Optional.of(at);
      }
      return index.isEmpty();
    }

    private boolean is(byte[] entry) {
      try {
        return Leaf.parse(entry).body() instanceof LeafBody.DecisionDeny deny
            && deny.code() == code
            && deny.requestDigest().equals(Optional.of(request));
      } catch (MalformedLeafException e) {
        return false;
      }
    }
  }
}
