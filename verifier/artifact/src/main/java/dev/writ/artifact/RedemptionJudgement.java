// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Whether a receipt is that of a redemption: checkpoint, inclusion, and a leaf that allows this question. */
final class RedemptionJudgement {
  private final Beliefs beliefs;
  private final Instant now;

  RedemptionJudgement(Beliefs beliefs, Instant now) {
    this.beliefs = beliefs;
    this.now = now;
  }

  Redemption judge(byte[] json, RedemptionStatement asked, Artifact artifact) {
    RedemptionReceipt receipt;
    TlogProof proof;
    Leaf leaf;
    try {
      receipt = RedemptionReceipt.parse(json);
      proof = TlogProof.parse(receipt.tlogProof());
      leaf = Leaf.parse(receipt.leaf());
    } catch (MalformedBundleException | MalformedProofException | MalformedLeafException e) {
      return fragmented("the receipt must be of its form: " + e.getMessage());
    }
    CheckpointOutcome outcome = beliefs.verifyCheckpoint(proof.note(), now);
    if (outcome instanceof CheckpointOutcome.Refused refused) {
      return fragmented(refused.reason());
    }
    TrustedCheckpoint trusted = (TrustedCheckpoint) outcome;
    if (!trusted.checkpoint().origin().equals(artifact.claims().logOrigin())) {
      return fragmented(
          "the receipt must be of the log "
              + artifact.claims().logOrigin()
              + ", is of "
              + trusted.checkpoint().origin());
    }
    if (proof.inclusion().verify(MerkleTree.leafHash(receipt.leaf()), trusted.checkpoint().root())
        instanceof ProofOutcome.NotProven not) {
      return fragmented(not.reason());
    }
    if (!(leaf.body() instanceof Verification verification)) {
      return fragmented("the leaf must be of kind verification, is " + leaf.kind().wire());
    }
    return whyNot(verification, asked, artifact)
        .<Redemption>map(RedemptionJudgement::fragmented)
        .orElseGet(() -> new Redemption.Taken(proof.index()));
  }

  private static Optional<String> whyNot(
      Verification verification, RedemptionStatement asked, Artifact artifact) {
    if (!verification.asked().equals(asked.asked())
        || !verification.askedBy().equals(Optional.of(asked.signer().kid()))) {
      return Optional.of("the receipt must answer this question, answers another");
    }
    if (!verification.jti().equals(Optional.of(artifact.claims().jti()))
        || !asked.claims().artifactDigest().equals(artifact.digest())) {
      return Optional.of("the receipt must be of this artifact, is of another");
    }
    int maxUses = artifact.claims().act().maxUses();
    return verification.code().isEmpty() && verification.maxUses().equals(OptionalLong.of(maxUses))
        ? Optional.empty()
        : Optional.of("the receipt must take one of " + maxUses + " uses, does not");
  }

  private static Redemption fragmented(String why) {
    return new Redemption.Denied(DenialCode.LINEAGE_FRAGMENTED, why);
  }
}
