// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.LeafPayload;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ ledger payload}: what lies beside a leaf. */
@Command(
    name = "payload",
    description = {
      "Gives what a service keeps beside a leaf, once it is what the leaf names: who asked for what, with",
      "the salts that open the leaf's commitments, as writ lineage --open takes it. With --trust also that",
      "the leaf is in a ledger that the trust file believes. Exits with 5 if it does not hold."
    },
    mixinStandardHelpOptions = true)
final class LedgerPayloadCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "LEAF",
      description = "The leaf: its index, its id, or its artifact's jti.")
  String leaf = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to put it, byte for byte, for its owner alone; else it is printed.")
  @Nullable Path file;

  @Mixin OperatorOptions operator = new OperatorOptions();
  @Mixin LedgerTrustOptions ledger = new LedgerTrustOptions();

  @Override
  public Integer call() throws CommandFailure {
    if (!LeafArgument.isOne(leaf)) {
      throw new ParameterException(
          spec.commandLine(), "LEAF must be a UUID or a number, was " + leaf);
    }
    String named = LeafArgument.lower(leaf);
    LeafPayload shown = operator.ask(client -> CommandFailure.read(client.payload(named)));
    if (!LeafArgument.names(leaf, shown.leafIndex(), shown.leaf())) {
      throw CommandFailure.integrity(
          "the service must answer of leaf " + leaf + ", and answers of another");
    }
    boolean isNamed = requireIsNamed(shown);
    Optional<TrustFile> believed = ledger.followed(operator, spec);
    if (believed.isPresent()) {
      requireInLedger(believed.get(), shown);
    }
    print(shown, isNamed);
    return ExitStatus.DONE;
  }

  /** Whether the leaf vouches for the payload; one of an older version does not. */
  static boolean requireIsNamed(LeafPayload shown) throws CommandFailure {
    Hash digest = Hash.sha256(shown.payload().bytes());
    Optional<Hash> mustBe = shown.leaf().payload();
    if (mustBe.isPresent() && !mustBe.get().equals(digest)) {
      throw CommandFailure.integrity(
          "the payload must have the SHA-256 that its leaf names, "
              + mustBe.get()
              + ", has "
              + digest);
    }
    return mustBe.isPresent();
  }

  /** The leaf is where the service says, in a ledger that the trust file believes. */
  static void requireInLedger(TrustFile trust, LeafPayload shown) throws CommandFailure {
    if (shown.proof().isEmpty()) {
      throw CommandFailure.invalid(
          "a checkpoint must cover leaf " + shown.leafIndex() + ", and none does yet: ask again");
    }
    TlogProof proof = LedgerTrustOptions.proof(shown.proof().get());
    Checkpoint unused = LedgerTrustOptions.requireInLedger(trust, shown.leaf(), proof);
    if (proof.index() != shown.leafIndex()) {
      throw CommandFailure.integrity(
          "the leaf must be at "
              + shown.leafIndex()
              + ", as the service says, and is at "
              + proof.index());
    }
  }

  private void print(LeafPayload shown, boolean isNamed) throws CommandFailure {
    if (file != null) {
      try {
        OwnersFile.replace(file, shown.payload().bytes());
      } catch (IOException e) {
        throw CommandFailure.configuration("--out", e);
      }
    }
    String text = new String(shown.payload().bytes(), StandardCharsets.UTF_8);
    PrintWriter out = spec.commandLine().getOut();
    if (file == null && operator.output == OutputFormat.text) {
      out.println(text);
      out.flush();
      if (!isNamed) {
        spec.commandLine()
            .getErr()
            .println("writ: no leaf vouches for this payload: an older version wrote it");
      }
      return;
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("leaf_index", shown.leafIndex());
    facts.put("id", shown.leaf().id());
    facts.put("kind", shown.leaf().kind().wire());
    facts.put("time", shown.leaf().time());
    facts.put("kept", shown.kept());
    facts.put("named", isNamed);
    facts.put("sha256", Hash.sha256(shown.payload().bytes()));
    facts.put("ledger", ledger.word());
    if (file == null) {
      facts.put("payload", text);
    } else {
      facts.put("file", file);
    }
    new Printer(out, operator.output).print(facts);
  }
}
