// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AnchoredStart;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustFile;
import dev.writ.service.StartEvidence;
import dev.writ.service.StartOutcome;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

  @Mixin LedgerTrustOptions ledger = new LedgerTrustOptions();

  @Override
  public Integer call() throws CommandFailure {
    AnchoredStart anchored = operator.ask(client -> CommandFailure.read(client.keys().start()));
    if (!(anchored.leaf().body() instanceof ServiceStart start)) {
      throw CommandFailure.integrity(
          "the service must show the leaf of a start, and shows one of "
              + anchored.leaf().kind().wire());
    }
    TlogProof proof = LedgerTrustOptions.proof(anchored.proof());
    requireHolds(anchored, start);
    Optional<TrustFile> believed = ledger.followed(operator, spec);
    if (believed.isPresent()) {
      requireInLedger(believed.get(), anchored, start, proof);
    }
    new Printer(spec.commandLine().getOut(), operator.output)
        .print(facts(anchored, start, proof.index()));
    return ExitStatus.DONE;
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
    Checkpoint trusted = LedgerTrustOptions.requireInLedger(trust, anchored.leaf(), proof);
    if (!isBoundTo(start.binding(), anchored.consistency(), trusted)) {
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
    facts.put("ledger", ledger.word());
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
