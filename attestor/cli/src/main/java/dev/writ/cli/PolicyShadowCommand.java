// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyShadow;
import dev.writ.service.ShadowReport;
import dev.writ.service.ShadowReport.Difference;
import dev.writ.service.ShadowReport.Group;
import dev.writ.service.ShadowReport.RuleWatch;
import dev.writ.service.StoredRange;
import java.io.PrintWriter;
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

/** {@code writ policy shadow}: whether a rule in shadow mode can be enforced. */
@Command(
    name = "shadow",
    description = {
      "Says of each rule in shadow mode of the policy in force what it would have changed in the decisions",
      "that were recorded under that policy in the last 30 days, in another time, or in a range of leaves;",
      "and whether it is ready to be enforced: watched long enough, in enough decisions, without one that",
      "would have been another and without an error. Exits with 1 where a rule is not. Changes nothing."
    },
    mixinStandardHelpOptions = true)
final class PolicyShadowCommand implements Callable<Integer> {
  private static final Duration USUAL = Duration.ofDays(30);

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin StoreOptions store = new StoreOptions();

  @Parameters(arity = "0..1", paramLabel = "RULE", description = "This rule alone.")
  @Nullable String rule;

  @ArgGroup @Nullable PastDecisions past;

  @Option(
      names = "--min-days",
      paramLabel = "N",
      defaultValue = "7",
      description = {
        "How many days must lie between the first decision and the last (default: ${DEFAULT-VALUE})."
      })
  int minDays = 7;

  @Option(
      names = "--min-decisions",
      paramLabel = "M",
      defaultValue = "1000",
      description = "In how many it must have been evaluated (default: ${DEFAULT-VALUE}).")
  int minDecisions = 1000;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    if (minDays < 0 || minDecisions < 1) {
      throw CommandFailure.usage("--min-days must be at least 0, --min-decisions at least 1");
    }
    PastDecisions.Wanted wanted = PastDecisions.wanted(past, USUAL, Clock.systemUTC().instant());
    ShadowReport report;
    PolicyDocument document;
    try (StoreOptions.Opened opened = store.open()) {
      PolicyShadow shadow = PolicyShadow.of(opened.ledger(), opened.replay());
      document = shadow.document();
      report = new ShadowReport(wanted(shadow.rules(), document));
      LeafSpan leaves = wanted.of(opened.ledger());
      Progress progress = new Progress(spec.commandLine().getErr(), "read", leaves.count());
      new StoredRange(opened.ledger(), leaves.from(), leaves.to())
          .run(Runtime.getRuntime().availableProcessors(), shadow, report::add, progress::at);
    } catch (LedgerException e) {
      throw StoreOptions.failure(e);
    }
    print(document, report);
    long contradict = report.beside(Beyond.CONTRADICTS);
    if (contradict > 0) {
      throw CommandFailure.integrity(
          "what the store has must be what the log names, and is not for "
              + contradict
              + " decisions: see writ replay");
    }
    return report.rules().stream().allMatch(this::isReady) ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private List<Rule> wanted(List<Rule> shadowed, PolicyDocument document) throws CommandFailure {
    if (rule == null) {
      return shadowed;
    }
    List<Rule> named = shadowed.stream().filter(each -> each.id().equals(rule)).toList();
    if (named.isEmpty()) {
      throw CommandFailure.usage(
          "RULE must be one in shadow mode of "
              + document
              + ", which has "
              + shadowed.stream().map(Rule::id).toList()
              + ", was "
              + rule);
    }
    return named;
  }

  private List<String> missing(RuleWatch watch) {
    return watch.missing(Duration.ofDays(minDays), minDecisions);
  }

  private boolean isReady(RuleWatch watch) {
    return missing(watch).isEmpty();
  }

  private void print(PolicyDocument document, ShadowReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(Printer.json(json(document, report)));
    } else {
      out.print(text(document, report));
    }
    out.flush();
  }

  private Map<String, Object> json(PolicyDocument document, ShadowReport report) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("policy", document.id());
    all.put("version", document.version());
    all.put("digest", document.digest());
    all.put("ready", report.rules().stream().allMatch(this::isReady));
    all.put("rules", report.rules().stream().map(this::json).toList());
    Map<String, Object> beside = new LinkedHashMap<>();
    for (Beyond why : Beyond.values()) {
      beside.put(wire(why), report.beside(why));
    }
    all.put("not_watched", beside);
    return all;
  }

  private Map<String, Object> json(RuleWatch watch) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("id", watch.rule().id());
    one.put("effect", watch.rule().effect().wire());
    one.put("evaluated", watch.evaluated());
    watch.since().ifPresent(first -> one.put("since", first));
    one.put("watched_s", watch.watched().toSeconds());
    for (Difference difference : Difference.values()) {
      one.put(wire(difference), watch.changed(difference));
    }
    one.put("errors", watch.errors());
    one.put("ready", isReady(watch));
    one.put("missing", missing(watch));
    one.put("groups", watch.groups().stream().map(PolicyShadowCommand::json).toList());
    return one;
  }

  private static Map<String, Object> json(Group group) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("difference", wire(group.difference()));
    one.put("host", group.host());
    one.put("workload", group.workload());
    one.put("saw", group.saw());
    one.put("count", group.count());
    one.put("examples", group.examples());
    return one;
  }

  private Lines text(PolicyDocument document, ShadowReport report) {
    Lines lines = new Lines();
    lines.line(document.toString());
    if (report.rules().isEmpty()) {
      lines.line("no rule is in shadow mode");
    }
    for (RuleWatch watch : report.rules()) {
      lines.line(
          watch.rule().id()
              + ": evaluated in "
              + watch.evaluated()
              + " decisions"
              + watch.since().map(first -> " since " + first).orElse("")
              + ", would have denied "
              + watch.changed(Difference.WOULD_DENY)
              + " and allowed "
              + watch.changed(Difference.WOULD_ALLOW)
              + ", errors "
              + watch.errors());
      watch.groups().forEach(group -> line(lines, group));
      lines.line(isReady(watch) ? "  ready" : "  not ready: " + String.join("; ", missing(watch)));
    }
    return lines;
  }

  private static void line(Lines lines, Group group) {
    lines.line(
        "  "
            + group.count()
            + " x "
            + wire(group.difference()).replace('_', ' ')
            + ", host "
            + group.host()
            + " "
            + group.workload()
            + (group.saw().isEmpty() ? "" : ", saw " + group.saw())
            + ", such as "
            + String.join(" ", group.examples()));
  }

  private static String wire(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }
}
