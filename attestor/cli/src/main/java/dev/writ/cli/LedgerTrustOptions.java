// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** By what an auditor believes that a service's ledger holds a leaf that the service shows. */
final class LedgerTrustOptions {
  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description = "The trust file by which the ledger's checkpoint is believed.")
  @Nullable Path trust;

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      description = "The trust file's SHA-256, as it was given out of band.")
  @Nullable String pin;

  /**
   * The newest of the service's trust files that follows the auditor's own, for keys were rotated since,
   * perhaps; empty where none was given.
   */
  Optional<TrustFile> followed(OperatorOptions operator, CommandSpec spec) throws CommandFailure {
    if (trust == null) {
      return Optional.empty();
    }
    FollowedTrust followed =
        FollowedTrust.from(
            TrustOptions.read(trust, pin),
            null,
            sentence -> spec.commandLine().getErr().println("writ: " + sentence));
    var unused = followed.follow(operator.ask(client -> client.trustFiles()));
    return Optional.of(followed.newest());
  }

  /** What the service shows of a leaf's place. */
  static TlogProof proof(String text) throws CommandFailure {
    try {
      return TlogProof.parse(text);
    } catch (MalformedProofException e) {
      throw CommandFailure.integrity(
          "the service must prove the leaf's place, and does not: " + e.getMessage());
    }
  }

  /** The tree with the leaf in it, under a checkpoint that the trust file believes. */
  static Checkpoint requireInLedger(TrustFile trust, Leaf leaf, TlogProof proof)
      throws CommandFailure {
    if (!(BundleVerifier.of(trust).verifyCheckpoint(proof.note(), Instant.now())
            instanceof TrustedCheckpoint trusted)
        || !(proof.inclusion().verify(leaf.hash(), trusted.checkpoint().root())
            instanceof ProofOutcome.Proven)) {
      throw CommandFailure.integrity(
          "the leaf must be in a tree whose checkpoint the trust file believes, and is not");
    }
    return trusted.checkpoint();
  }

  /** What a command says of this. */
  String word() {
    return trust == null ? "not asked, for want of --trust" : "holds the leaf";
  }
}
