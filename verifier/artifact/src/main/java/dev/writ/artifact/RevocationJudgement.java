// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;

/** Judges a revocation that was pushed: form, checkpoint, leaf, inclusion, and what was seen before. */
final class RevocationJudgement {
  private final Beliefs beliefs;
  private final Seen seen;
  private final Instant now;

  RevocationJudgement(Beliefs beliefs, Seen seen, Instant now) {
    this.beliefs = beliefs;
    this.seen = seen;
    this.now = now;
  }

  RevocationVerdict judge(byte[] json) {
    RevocationEvent event;
    try {
      event = RevocationEvent.parse(json);
    } catch (MalformedBundleException e) {
      return refused(DenialCode.UNVERIFIABLE, String.valueOf(e.getMessage()));
    }
    TlogProof proof;
    Leaf leaf;
    try {
      proof = TlogProof.parse(event.tlogProof());
      leaf = Leaf.parse(event.leaf());
    } catch (MalformedProofException | MalformedLeafException e) {
      return refused(DenialCode.LINEAGE_FRAGMENTED, String.valueOf(e.getMessage()));
    }
    if (!leaf.body().withdraws()) {
      return refused(
          DenialCode.LINEAGE_FRAGMENTED,
          "the leaf must withdraw something, was of kind " + leaf.kind().wire());
    }
    CheckpointOutcome outcome = beliefs.verifyCheckpoint(proof.note(), now);
    if (outcome instanceof CheckpointOutcome.Refused not) {
      return refused(DenialCode.LINEAGE_FRAGMENTED, not.reason());
    }
    Checkpoint checkpoint = ((TrustedCheckpoint) outcome).checkpoint();
    if (proof.inclusion().verify(MerkleTree.leafHash(event.leaf()), checkpoint.root())
        instanceof ProofOutcome.NotProven not) {
      return refused(DenialCode.LINEAGE_FRAGMENTED, not.reason());
    }
    return keep(leaf, proof.index(), checkpoint);
  }

  /** A tree of which a token was seen under another root. */
  private static Optional<String> fork(StatusGovernance held, Checkpoint checkpoint) {
    return held.treeSize() == checkpoint.size() && !held.root().equals(checkpoint.root())
        ? Optional.of(
            "size "
                + checkpoint.size()
                + " with two roots: the event's "
                + checkpoint.root()
                + " and a token's "
                + held.root())
        : Optional.empty();
  }

  /** What proves itself is kept first, whatever else is found to be wrong. */
  private RevocationVerdict keep(Leaf leaf, long index, Checkpoint checkpoint) {
    Optional<StatusClaims> newest = Optional.empty();
    boolean isNew = true;
    Optional<String> unread = Optional.empty();
    try {
      isNew = !seen.revocations().has(index);
      newest =
          beliefs
              .content()
              .status()
              .flatMap(source -> seen.newestGovernance(source.uri()))
              .map(StatusToken::claims);
    } catch (UncheckedIOException e) {
      unread = Optional.of("what was seen cannot be read: " + e.getMessage());
    }
    Instant logTime = newest.map(StatusClaims::iat).orElse(Instant.MIN);
    // A token that does not know the leaf is of before it: no clock of the issuer's that fell back
    // makes it end sooner than what was decided before that token.
    boolean isKnown = newest.map(token -> token.writ().treeSize() > index).orElse(false);
    Instant time = !isKnown && logTime.isAfter(leaf.time()) ? logTime : leaf.time();
    Instant until = PushedRevocation.ended(time);
    Optional<RevocationScope> scope = RevocationScope.of(leaf.body());
    if (scope.isPresent() && isNew && logTime.isBefore(until)) {
      PushedRevocation pushed = new PushedRevocation(scope.get(), index, until);
      if (seen.recordRevocation(pushed, logTime) == Seen.StatusOutcome.UNAVAILABLE) {
        return refused(
            DenialCode.UNVERIFIABLE,
            "the record of revocations must be written before anything is allowed, and cannot be");
      }
    }
    if (unread.isPresent()) {
      return refused(DenialCode.UNVERIFIABLE, unread.get());
    }
    return new RevocationVerdict.Believed(
        leaf, index, isNew, newest.flatMap(token -> fork(token.writ(), checkpoint)));
  }

  private static RevocationVerdict.Refused refused(DenialCode code, String reason) {
    return new RevocationVerdict.Refused(code, reason);
  }
}
