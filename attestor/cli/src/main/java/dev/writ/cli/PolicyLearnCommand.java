// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.policy.KeptDemands;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceDiff;
import dev.writ.policy.ReferenceSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy learn}: reference values from a named host, for review. */
@Command(
    name = "learn",
    description = {
      "Proposes reference values that a host's last good boot keeps: the last one after which it was",
      "allowed something. Prints the set as a policy has it, and how it differs. Changes no policy:",
      "review it, put it among reference_values, and raise the policy's version yourself."
    },
    mixinStandardHelpOptions = true)
final class PolicyLearnCommand implements Callable<Integer> {
  private static final int MAX_NOTES = 64;
  private static final long MAX_EXACT = (1L << 53) - 1;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "HOST", description = "The host's name, as it is enrolled.")
  String host = "";

  @ArgGroup(multiplicity = "1")
  DoorOptions door = new DoorOptions();

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = {
        "A policy: the proposal keeps what this file's set for the host demands, and is compared with",
        "that. Without it, with the set in force."
      })
  @Nullable Path policy;

  @Option(
      names = "--latest",
      description = "Learn from the last boot, whatever was decided after it.")
  boolean latest;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Writes the set into a new file instead of printing it.")
  @Nullable Path out;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /**
   * A proposal.
   *
   * @param set as a policy has it
   * @param diff from what is there
   */
  private record Proposal(
      String set, String diff, List<String> notes, String verdict, long leafIndex) {}

  @Override
  public Integer call() throws CommandFailure {
    if (out != null && Files.exists(out)) {
      throw CommandFailure.configuration("--out must not exist yet, and " + out + " does");
    }
    Optional<PolicyDocument> document =
        policy == null ? Optional.empty() : Optional.of(PolicyFile.document(policy));
    Proposal proposal = ask(document);
    if (out != null) {
      write(out, proposal.set());
    }
    print(proposal);
    return ExitStatus.DONE;
  }

  private Proposal ask(Optional<PolicyDocument> document) throws CommandFailure {
    String json = door.ask(service -> CommandFailure.read(service.learn(host, latest)));
    try {
      JsonMembers members =
          StrictJson.parse(json.getBytes(StandardCharsets.UTF_8), OperatorClient.MAX_EXPLANATION);
      JsonMembers told = members.object("proposal");
      String text = told.text("reference_set");
      if (text.isEmpty()) {
        throw CommandFailure.invalid(
            "the proposed set must be short enough to be told, and is not: demand less of dbx");
      }
      // Read and written again: what is shown is a set, and no host's text.
      ReferenceSet set = ReferenceSet.parse(text.getBytes(StandardCharsets.UTF_8));
      List<String> notes = new ArrayList<>(members.texts("notes", MAX_NOTES));
      String verdict = members.text("verdict");
      Optional<ReferenceSet> there = document.flatMap(each -> each.referenceSetFor(host));
      if (there.isPresent()) {
        KeptDemands kept = KeptDemands.of(set, there.get());
        kept.notes().stream().filter(note -> !notes.contains(note)).forEach(notes::add);
        set = kept.set();
      }
      return new Proposal(
          set.text(),
          document.isPresent() ? diff(document.get(), set, verdict) : told.text("diff"),
          notes,
          verdict,
          members.integer("leaf_index", 0, MAX_EXACT));
    } catch (MalformedJsonException | MalformedPolicyException e) {
      throw CommandFailure.unreachable("the service's answer must be of its form", e);
    }
  }

  private String diff(PolicyDocument document, ReferenceSet proposed, String verdict) {
    Optional<ReferenceSet> there = document.referenceSetFor(host);
    return ReferenceDiff.of(
        there
            .map(set -> set.name() + " of " + policy + ", version " + document.version())
            .orElse("none in " + policy),
        there.map(ReferenceSet::text).orElse(""),
        proposed.name()
            + " (proposed, approved by nobody"
            + (verdict.equals("deny") ? "; this boot was DENIED" : "")
            + ")",
        proposed.text());
  }

  private static void write(Path file, String set) throws CommandFailure {
    try {
      Files.writeString(file, set + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    }
  }

  private void print(Proposal proposal) {
    PrintWriter to = spec.commandLine().getOut();
    PrintWriter beside = spec.commandLine().getErr();
    if (output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("host", host);
      document.put("status", "proposed, approved by nobody");
      document.put("verdict", proposal.verdict());
      document.put("leaf_index", proposal.leafIndex());
      document.put("notes", proposal.notes());
      document.put("reference_set", proposal.set());
      document.put("diff", proposal.diff());
      to.println(Printer.json(document));
    } else {
      beside.println(
          "writ: proposed, approved by nobody: learned from the boot of leaf "
              + proposal.leafIndex()
              + " ("
              + proposal.verdict()
              + ")");
      proposal.notes().forEach(note -> beside.println("writ: " + note));
      if (out == null) {
        to.println(proposal.set());
        to.println();
      }
      Lines lines = new Lines();
      lines.block(proposal.diff().isEmpty() ? "no difference" : proposal.diff());
      to.print(lines);
    }
    to.flush();
    beside.flush();
  }
}
