// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.service.ImpactReport;
import dev.writ.service.ImpactReport.Change;
import dev.writ.service.ImpactReport.Kind;
import dev.writ.service.ImpactReport.RuleCount;
import dev.writ.service.PolicyImpact;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyImpact.Verdict;
import dev.writ.service.StoredRange;
import dev.writ.service.UnusablePolicyException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy impact}: what a candidate would have decided. */
@Command(
    name = "impact",
    description = {
      "Decides the last 7 days' decisions once more under a candidate, or those of another time or of a",
      "range of leaves, from the stored Evidence on: by its reference values and its rules, at the time of",
      "each. Shows which would be others, by code and rule, and which rules decide nothing. What cannot be",
      "decided again is counted apart. Changes nothing."
    },
    mixinStandardHelpOptions = true)
final class PolicyImpactCommand implements Callable<Integer> {
  private static final Duration USUAL = Duration.ofDays(7);

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin StoreOptions store = new StoreOptions();

  @Parameters(
      paramLabel = "CANDIDATE",
      description = "A policy, in JSON or YAML, or an envelope; nobody need have signed it.")
  Path file = Path.of("");

  @ArgGroup @Nullable PastDecisions past;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    PastDecisions.Wanted wanted = PastDecisions.wanted(past, USUAL, Clock.systemUTC().instant());
    PolicyDocument candidate = PolicyFile.document(file);
    ImpactReport report = new ImpactReport();
    try (StoreOptions.Opened opened = store.open()) {
      PolicyImpact impact = new PolicyImpact(opened.replay(), candidate);
      LeafSpan leaves = wanted.of(opened.ledger());
      Progress progress = new Progress(spec.commandLine().getErr(), "decided", leaves.count());
      new StoredRange(opened.ledger(), leaves.from(), leaves.to())
          .run(Runtime.getRuntime().availableProcessors(), impact, report::add, progress::at);
    } catch (LedgerException e) {
      throw StoreOptions.failure(e);
    } catch (MalformedPolicyException | UnusablePolicyException e) {
      throw CommandFailure.configuration("the candidate " + file, e);
    }
    print(candidate, report);
    if (report.undecided(Beyond.CONTRADICTS) > 0) {
      throw CommandFailure.integrity(
          "what the store has must be what the log names, and is not for "
              + report.undecided(Beyond.CONTRADICTS)
              + " decisions: see writ replay");
    }
    return ExitStatus.DONE;
  }

  private void print(PolicyDocument candidate, ImpactReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(Printer.json(document(candidate, report)));
    } else {
      out.print(text(candidate, report));
    }
    out.flush();
  }

  private static Map<String, Object> document(PolicyDocument candidate, ImpactReport report) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("policy", candidate.id());
    document.put("version", candidate.version());
    document.put("digest", candidate.digest());
    document.put("allowed", report.allowed());
    document.put("denied", report.denied());
    for (Kind kind : Kind.values()) {
      document.put(wire(kind), report.changed(kind));
    }
    Map<String, Object> undecided = new LinkedHashMap<>();
    for (Beyond why : Beyond.values()) {
      undecided.put(wire(why), report.undecided(why));
    }
    document.put("undecided", undecided);
    document.put("changes", report.changes().stream().map(PolicyImpactCommand::document).toList());
    document.put("rules", report.rules().stream().map(PolicyImpactCommand::document).toList());
    return document;
  }

  private static Map<String, Object> document(Change change) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("change", wire(change.kind()));
    document.put("was", words(change.was()));
    document.put("now", words(change.now()));
    document.put("count", change.count());
    document.put(
        "examples",
        change.examples().stream()
            .map(
                example ->
                    Map.of(
                        "leaf_index", example.index(),
                        "host", example.host(),
                        "action", example.action(),
                        "resource", example.resource()))
            .toList());
    return document;
  }

  private static Map<String, Object> document(RuleCount count) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", count.rule().id());
    document.put("effect", count.rule().effect().wire());
    document.put("mode", count.rule().mode().wire());
    document.put("denied", count.denied());
    document.put("permitted", count.permitted());
    document.put("decides", decides(count));
    return document;
  }

  private static boolean decides(RuleCount count) {
    return count.denied() > 0 || count.permitted() > 0;
  }

  private static String wire(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  private static String words(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied
        ? "deny " + denied.code() + " by " + denied.rule()
        : "allow";
  }

  private static Lines text(PolicyDocument candidate, ImpactReport report) {
    Lines lines = new Lines();
    lines.line(candidate.toString());
    for (Kind kind : Kind.values()) {
      lines.fact(wire(kind).replace('_', ' '), Long.toString(report.changed(kind)));
    }
    for (Change change : report.changes()) {
      lines.line(
          change.count()
              + " x "
              + words(change.was())
              + " -> "
              + words(change.now())
              + ", such as");
      change
          .examples()
          .forEach(
              example ->
                  lines.line(
                      "  leaf "
                          + example.index()
                          + " host "
                          + example.host()
                          + " "
                          + example.action()
                          + " "
                          + example.resource()));
    }
    List<RuleCount> idle =
        report.rules().stream()
            .filter(count -> !decides(count) && !count.rule().id().startsWith("document/"))
            .toList();
    if (!idle.isEmpty()) {
      lines.line("rules that decided nothing");
      idle.forEach(
          count ->
              lines.line(
                  "  "
                      + count.rule().id()
                      + " ("
                      + count.rule().effect().wire()
                      + (count.rule().mode() == Rule.Mode.SHADOW ? ", shadow" : "")
                      + ")"));
    }
    for (RuleCount count : report.rules()) {
      if (count.rule().mode() == Rule.Mode.SHADOW && decides(count)) {
        lines.line(
            "in shadow mode, "
                + count.rule().id()
                + " would have denied "
                + count.denied()
                + " and permitted "
                + count.permitted());
      }
    }
    long undecided = 0;
    StringBuilder why = new StringBuilder();
    for (Beyond each : Beyond.values()) {
      long count = report.undecided(each);
      undecided += count;
      why.append(why.isEmpty() ? "" : ", ").append(count).append(' ').append(word(each));
    }
    lines.line(
        (report.allowed() + report.denied())
            + " decided again: "
            + report.allowed()
            + " allow, "
            + report.denied()
            + " deny; "
            + undecided
            + " not: "
            + why);
    return lines;
  }

  private static String word(Beyond why) {
    return switch (why) {
      case NOT_THE_POLICYS -> "not the policy's";
      case ERASED -> "erased";
      case NOT_KEPT -> "not kept";
      case NOT_ASKED -> "not asked for then";
      case CONTRADICTS -> "contradict";
    };
  }
}
