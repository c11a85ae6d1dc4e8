// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AnchoredStart;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustFile;
import dev.writ.service.StartEvidence;
import dev.writ.service.StartOutcome;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ keys start-quote}: on what a host the token's keys were opened last. */
@Command(
    name = "start-quote",
    description = {
      "Verifies here what the TPM of a service's host said when the service was started last: the quote,",
      "what it is bound to, and that the leaf in the ledger says the same. With --trust also that the",
      "leaf is in a ledger that the trust file believes. Exits with 5 if it does not hold."
    },
    mixinStandardHelpOptions = true)
final class KeysStartQuoteCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

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

  @Override
  public Integer call() throws CommandFailure {
    AnchoredStart anchored = operator.ask(client -> CommandFailure.read(client.start()));
    if (!(anchored.leaf().body() instanceof ServiceStart start)) {
      throw CommandFailure.integrity(
          "the service must show the leaf of a start, and shows one of "
              + anchored.leaf().kind().wire());
    }
    TlogProof proof = proof(anchored);
    requireHolds(anchored, start);
    if (trust != null) {
      requireInLedger(followed(TrustOptions.read(trust, pin)), anchored, start, proof);
    }
    new Printer(spec.commandLine().getOut(), operator.output)
        .print(facts(anchored, start, proof.index()));
    return ExitStatus.DONE;
  }

  /** The newest of the service's that follows the auditor's own: keys were rotated since, perhaps. */
  private TrustFile followed(TrustFile own) throws CommandFailure {
    FollowedTrust trust =
        FollowedTrust.from(
            own, null, sentence -> spec.commandLine().getErr().println("writ: " + sentence));
    var unused = trust.follow(operator.ask(client -> client.trustFiles()));
    return trust.newest();
  }

  private static TlogProof proof(AnchoredStart anchored) throws CommandFailure {
    try {
      return TlogProof.parse(anchored.proof());
    } catch (MalformedProofException e) {
      throw CommandFailure.integrity(
          "the service must prove the leaf's place, and does not: " + e.getMessage());
    }
  }

  private static void requireHolds(AnchoredStart anchored, ServiceStart start)
      throws CommandFailure {
    AnchoredStart.Evidence evidence =
        anchored
            .evidence()
            .orElseThrow(
                () ->
                    CommandFailure.invalid(
                        "the evidence must lie beside its leaf, and was erased: the leaf's word is"
                            + " left, and nothing that proves it"));
    StartOutcome outcome = new StartEvidence(evidence.akPublic(), evidence.quoted()).verify(start);
    if (outcome instanceof StartOutcome.Refused refused) {
      throw CommandFailure.integrity(
          "the evidence of the start does not hold: "
              + refused.reason()
              + ": "
              + refused.message()
              + ": the store was changed, or the leaf is untrue");
    }
  }

  private static void requireInLedger(
      TrustFile trust, AnchoredStart anchored, ServiceStart start, TlogProof proof)
      throws CommandFailure {
    if (!start.binding().origin().equals(trust.logOrigin())) {
      throw CommandFailure.integrity(
          "the quote must be bound to the trust file's ledger "
              + trust.logOrigin()
              + ", is to "
              + start.binding().origin());
    }
    if (!(BundleVerifier.of(trust).verifyCheckpoint(proof.note(), Instant.now())
            instanceof TrustedCheckpoint trusted)
        || !(proof.inclusion().verify(anchored.leaf().hash(), trusted.checkpoint().root())
            instanceof ProofOutcome.Proven)) {
      throw CommandFailure.integrity(
          "the leaf must be in a tree whose checkpoint the trust file believes, and is not");
    }
    if (!isBoundTo(start.binding(), anchored.consistency(), trusted.checkpoint())) {
      throw CommandFailure.integrity(
          "the quote must be bound to an earlier tree of this ledger, and is to another");
    }
  }

  private static boolean isBoundTo(StartBinding binding, List<Hash> path, Checkpoint newest) {
    return new ConsistencyProof(binding.treeSize(), newest.size(), path)
            .verify(binding.root(), newest.root())
        instanceof ProofOutcome.Proven;
  }

  private Map<String, Object> facts(AnchoredStart anchored, ServiceStart start, long index) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("evidence", "holds");
    facts.put("ledger", trust == null ? "not asked, for want of --trust" : "holds the leaf");
    facts.put("leaf_index", index);
    facts.put("time", anchored.leaf().time());
    facts.put("ak_name", start.host().akName().base64Url());
    start.previousAk().ifPresent(name -> facts.put("previous_ak_name", name.base64Url()));
    facts.put("pcrs", start.host().pcrs().stream().map(Object::toString).toList());
    facts.put("pcr_digest", start.host().pcrDigest().hex());
    facts.put("reset_count", start.host().resetCount());
    facts.put("restart_count", start.host().restartCount());
    facts.put("log", start.binding().origin() + ", size " + start.binding().treeSize());
    facts.put("trust_version", start.binding().trust().version());
    facts.put(
        "keys",
        start.binding().keys().stream()
            .map(key -> key.role().wire() + " " + Thumbprint.text(key.kid()))
            .toList());
    return facts;
  }
}
