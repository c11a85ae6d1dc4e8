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
import java.time.temporal.ChronoUnit;
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
    Optional<RevocationScope> scope = scope(leaf.body());
    if (leaf.kind() != LeafKind.REVOCATION) {
      return refused(
          DenialCode.LINEAGE_FRAGMENTED,
          "the leaf must be of kind revocation, was " + leaf.kind().wire());
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
    try {
      return fork(checkpoint)
          .<RevocationVerdict>map(why -> refused(DenialCode.GOVERNANCE_DISCONTINUITY, why))
          .orElseGet(() -> keep(leaf, scope, proof.index()));
    } catch (UncheckedIOException e) {
      return refused(DenialCode.UNVERIFIABLE, "what was seen cannot be read: " + e.getMessage());
    }
  }

  /** What a leaf says by itself of whom it withdraws. */
  private static Optional<RevocationScope> scope(LeafBody body) {
    if (body instanceof LeafBody.Revocation one) {
      return Optional.of(new RevocationScope.OfArtifact(one.jti()));
    }
    if (body instanceof LeafBody.ScopeRevocation some) {
      return some.scope().judged();
    }
    return body instanceof LeafBody.BootRevocation boot
        ? Optional.of(new RevocationScope.OfHost(boot.akNameDigest()))
        : Optional.empty();
  }

  /** A tree of which a token was seen under another root. */
  private Optional<String> fork(Checkpoint checkpoint) {
    return beliefs
        .content()
        .status()
        .flatMap(source -> seen.newestGovernance(source.uri()))
        .map(token -> token.claims().writ())
        .filter(
            held -> held.treeSize() == checkpoint.size() && !held.root().equals(checkpoint.root()))
        .map(
            held ->
                "size "
                    + checkpoint.size()
                    + " with two roots: the event's "
                    + checkpoint.root()
                    + " and a token's "
                    + held.root());
  }

  private RevocationVerdict keep(Leaf leaf, Optional<RevocationScope> scope, long index) {
    Instant later = leaf.time().isAfter(now) ? leaf.time() : now;
    Instant ended = leaf.time().plus(ArtifactClaims.MAX_LIFETIME).plus(PushedRevocation.MARGIN);
    boolean isNew = !seen.revocations().has(index);
    if (scope.isPresent() && isNew && now.isBefore(ended)) {
      PushedRevocation pushed =
          new PushedRevocation(
              scope.get(),
              index,
              later
                  .plus(ArtifactClaims.MAX_LIFETIME)
                  .plus(PushedRevocation.MARGIN)
                  .truncatedTo(ChronoUnit.MILLIS));
      if (seen.recordRevocation(pushed, now) == Seen.StatusOutcome.UNAVAILABLE) {
        return refused(DenialCode.UNVERIFIABLE, "the record of revocations cannot be written");
      }
    }
    return new RevocationVerdict.Believed(leaf, index, isNew);
  }

  private static RevocationVerdict.Refused refused(DenialCode code, String reason) {
    return new RevocationVerdict.Refused(code, reason);
  }
}
