// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelVariableResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A document whose rules are compiled and ready to decide.
 *
 * <p>{@link #decide} is a pure function of the document and its arguments: it reads no clock, no
 * file, no environment, and is safe to call from many threads.
 */
public final class Policy {
  /** Stands for a rule in the reason of a denial that came because no permit was true. */
  public static final String NO_PERMIT = "document/permit";

  /** Stands for a rule in the reason of a denial of inputs that exceed a bound. */
  public static final String INPUTS = "document/inputs";

  /** Stands for a rule in the reason of a denial that came because the service is frozen. */
  public static final String FROZEN = "document/frozen";

  private static final Decision.Reason FROZEN_REASON =
      new Decision.Reason(
          FROZEN,
          PolicyCode.POLICY_DENIED,
          "The service is frozen by its operators.",
          "No enforced rule reads governance.mode, so that a freeze denies every request until operators"
              + " lift it.");

  private static final Decision.Reason NO_PERMIT_REASON =
      new Decision.Reason(
          NO_PERMIT,
          PolicyCode.POLICY_DENIED,
          "No rule permits this request.",
          "No enforced rule of effect permit is true; compare their outcomes.");

  private final PolicyDocument document;

  /** The rules for a question, for a request that says what its execution is bound to, and for any other. */
  private final Rules questionRules;

  private final Rules execRules;

  private final Rules rules;

  private Policy(PolicyDocument document, Rules questionRules, Rules execRules, Rules rules) {
    this.document = document;
    this.questionRules = questionRules;
    this.execRules = execRules;
    this.rules = rules;
  }

  /**
   * The rules that judge a request.
   *
   * @param deciding positions in {@code compiled} in the order in which a denial decides
   */
  private record Rules(List<CompiledRule> compiled, List<Integer> deciding) {
    static Rules of(List<CompiledRule> compiled) {
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < compiled.size(); i++) {
        order.add(i);
      }
      // The sort is stable: within a stage the document's order stays.
      order.sort(Comparator.comparing(i -> compiled.get(i).rule().stage()));
      return new Rules(List.copyOf(compiled), List.copyOf(order));
    }
  }

  /**
   * One rule, ready to run.
   *
   * @param paths the inputs it reads
   * @param tellsFrozen whether it tells a frozen service from one in its usual mode
   */
  record CompiledRule(
      Rule rule, CelRuntime.Program program, List<InputPath> paths, boolean tellsFrozen) {
    boolean readsMode() {
      return paths.stream()
          .map(InputPath::wire)
          .anyMatch(input -> input.equals("governance") || input.equals("governance.mode"));
    }
  }

  /**
   * Compiles all rules of {@code document}.
   *
   * @throws MalformedPolicyException if one is no expression of type bool under the profile
   */
  public static Policy compile(PolicyDocument document) throws MalformedPolicyException {
    Profile profile = new Profile(document.constants());
    List<CompiledRule> compiled = new ArrayList<>();
    for (Rule rule : DocumentRules.of(document)) {
      compiled.add(compile(profile, rule, Json.Place.ROOT));
    }
    List<CompiledRule> execCompiled = new ArrayList<>(compiled);
    for (Rule rule : DocumentRules.ofExec(document)) {
      execCompiled.add(compile(profile, rule, Json.Place.ROOT));
    }
    List<CompiledRule> questionCompiled = new ArrayList<>(compiled);
    questionCompiled.add(compile(profile, DocumentRules.ofQuestion(document), Json.Place.ROOT));
    for (int i = 0; i < document.rules().size(); i++) {
      CompiledRule rule = compile(profile, document.rules().get(i), document.expressionPlace(i));
      compiled.add(rule);
      execCompiled.add(rule);
      questionCompiled.add(rule);
    }
    return new Policy(
        document, Rules.of(questionCompiled), Rules.of(execCompiled), Rules.of(compiled));
  }

  /**
   * Compiles one rule.
   *
   * @param place where its expression stands, for the refusal
   */
  static CompiledRule compile(Profile profile, Rule rule, Json.Place place)
      throws MalformedPolicyException {
    try {
      Profile.Compiled compiled = profile.compile(rule.when(), place);
      return new CompiledRule(rule, compiled.program(), compiled.inputs(), compiled.tellsFrozen());
    } catch (MalformedPolicyException e) {
      throw e.within("rule " + rule.id());
    }
  }

  /** The document this policy decides by. */
  public PolicyDocument document() {
    return document;
  }

  /** Whether a rule, enforced or in shadow mode, reads {@code env.channel}. */
  public boolean readsChannel() {
    return execRules.compiled().stream()
        .flatMap(rule -> rule.paths().stream())
        .map(InputPath::wire)
        .anyMatch(input -> input.equals("env") || input.equals("env.channel"));
  }

  /**
   * Whether a freeze denies a request by itself: where no rule that counts reads the mode, the document
   * does not say what a freeze means.
   *
   * @param withShadow whether rules in shadow mode count as if they were enforced
   */
  boolean isFrozen(Inputs inputs, boolean withShadow) {
    return inputs.governance().mode() == Governance.Mode.FROZEN && !readsMode(withShadow);
  }

  /** Whether a rule reads {@code governance.mode}. */
  boolean readsMode(boolean withShadow) {
    return rules.compiled().stream()
        .filter(each -> withShadow || each.rule().enforced())
        .anyMatch(CompiledRule::readsMode);
  }

  /**
   * The first enforced rule that reads {@code governance.mode}, where none that does tells {@code FROZEN} from
   * {@code NORMAL}. It says that the document says what a freeze means, and none says it: a freeze denies
   * nothing. Not asked where a policy decides: one that is in force since before must go on as it did.
   */
  public Optional<Rule> silentOnFreezes() {
    List<CompiledRule> readers =
        rules.compiled().stream()
            .filter(each -> each.rule().enforced() && each.readsMode())
            .toList();
    return readers.stream().anyMatch(CompiledRule::tellsFrozen)
        ? Optional.empty()
        : readers.stream().findFirst().map(CompiledRule::rule);
  }

  /** Decides; see {@link #decide(Inputs)}. */
  public Decision decide(
      Subject subject, Request request, Governance governance, Trust trust, Env env, Instant now) {
    return decide(new Inputs(subject, request, governance, trust, env, now));
  }

  /**
   * Decides. Every rule is evaluated, whatever the others say.
   *
   * <p>Denied is a request for which an enforced rule denies: a {@code require} that is not true, a
   * {@code forbid} that is not false, or any rule in error. Else it is allowed if an enforced {@code
   * permit} is true, and denied if none is. While the service is frozen a document of which no enforced
   * rule reads the mode denies everything.
   */
  public Decision decide(Inputs inputs) {
    Optional<String> excess = inputs.excess();
    if (excess.isPresent()) {
      return tooLarge(inputs, excess.get());
    }
    List<RuleResult> results = evaluate(inputs);
    Conclusion conclusion = enforced(inputs, results);
    List<Decision.Reason> reasons = new ArrayList<>();
    if (isFrozen(inputs, false)) {
      reasons.add(FROZEN_REASON);
    }
    List<Decision.Reason> shadow = new ArrayList<>();
    for (int i : decidingOrder(inputs)) {
      RuleResult result = results.get(i);
      if (result.denies()) {
        (result.rule().enforced() ? reasons : shadow).add(Decision.Reason.of(result.rule()));
      }
    }
    if (results.stream().noneMatch(result -> result.rule().enforced() && result.permits())) {
      reasons.add(NO_PERMIT_REASON);
    }
    return conclusion.allows()
        ? new Decision.Allow(
            document, inputs, results, shadow, leased(conclusion.obligations(), inputs.request()))
        : new Decision.Deny(document, inputs, results, reasons, shadow);
  }

  /**
   * The obligations with the shortest lease alone. That of the document binds what runs on: whoever judges
   * each use by the artifact's end needs none.
   */
  private List<Obligation> leased(Set<Obligation> met, Request request) {
    Optional<Duration> ofDocument =
        request.isExecutionOnHost() ? document.lease() : Optional.empty();
    Optional<Duration> shortest =
        Stream.concat(
                ofDocument.stream(),
                met.stream().flatMap(obligation -> obligation.lease().stream()))
            .min(Comparator.naturalOrder());
    return Stream.concat(
            met.stream().filter(obligation -> obligation.lease().isEmpty()),
            shortest.map(Obligation::lease).stream())
        .toList();
  }

  /**
   * Whether the same inputs would be allowed, were these approvals given. It is no {@link Decision}: what is
   * not given lets nothing happen, and nothing can be signed upon a truth value.
   */
  public boolean wouldAllow(Inputs inputs, List<Governance.Approval> approvals) {
    Governance given = inputs.governance();
    Inputs supposed =
        new Inputs(
            inputs.subject(),
            inputs.request(),
            new Governance(given.initiator(), approvals, given.mode(), given.epoch()),
            inputs.trust(),
            inputs.env(),
            inputs.now());
    if (supposed.excess().isPresent()) {
      return false;
    }
    return enforced(supposed, evaluate(supposed)).allows();
  }

  private Conclusion enforced(Inputs inputs, List<RuleResult> results) {
    return isFrozen(inputs, false)
        ? Conclusion.FROZEN
        : Conclusion.of(results, decidingOrder(inputs), i -> results.get(i).rule().enforced());
  }

  /** Positions in the results of a decision on {@code inputs}, in the order in which a denial decides. */
  List<Integer> decidingOrder(Inputs inputs) {
    return rulesFor(inputs).deciding();
  }

  /** The inputs that a rule reads, each as its expression spells it. */
  List<String> inputsOf(Rule rule) {
    return rules.compiled().stream()
        .filter(each -> each.rule().equals(rule))
        .flatMap(each -> each.paths().stream())
        .map(InputPath::wire)
        .toList();
  }

  private Rules rulesFor(Inputs inputs) {
    if (inputs.request().question().isPresent()) {
      return questionRules;
    }
    return inputs.request().exec().isPresent() ? execRules : rules;
  }

  private Decision tooLarge(Inputs inputs, String excess) {
    List<RuleResult> results =
        rulesFor(inputs).compiled().stream()
            .map(rule -> error(rule, RuleError.INPUTS_TOO_LARGE, List.of()))
            .toList();
    Decision.Reason reason =
        new Decision.Reason(
            INPUTS,
            PolicyCode.POLICY_DENIED,
            "The request is larger than a policy may judge.",
            "No rule was shown the inputs: " + excess + ".");
    return new Decision.Deny(document, inputs, results, List.of(reason), List.of());
  }

  private List<RuleResult> evaluate(Inputs inputs) {
    Variables variables = new Variables(inputs);
    List<CompiledRule> compiled = rulesFor(inputs).compiled();
    List<RuleResult> results = new ArrayList<>(compiled.size());
    for (CompiledRule rule : compiled) {
      results.add(evaluate(rule, variables));
    }
    return results;
  }

  private RuleResult evaluate(CompiledRule rule, Variables variables) {
    List<SeenValue> saw = variables.seen(rule.paths());
    Object value;
    try {
      value = rule.program().eval(variables);
    } catch (CelEvaluationException e) {
      return error(rule, RuleError.of(e.getErrorCode()), saw);
    } catch (RuntimeException e) {
      // A fault of the engine is an error of the rule, and so a denial; it is never more than that.
      return error(rule, RuleError.INTERNAL, saw);
    }
    if (value instanceof Boolean outcome) {
      return new RuleResult(
          rule.rule(),
          outcome ? RuleResult.Outcome.TRUE : RuleResult.Outcome.FALSE,
          Optional.empty(),
          saw);
    }
    return error(rule, RuleError.NOT_BOOLEAN, saw);
  }

  private static RuleResult error(CompiledRule rule, RuleError error, List<SeenValue> saw) {
    return new RuleResult(rule.rule(), RuleResult.Outcome.ERROR, Optional.of(error), saw);
  }

  /** The variables of one decision, and what of them was shown so far. */
  private final class Variables implements CelVariableResolver {
    private final Inputs inputs;
    private final Map<String, Optional<Object>> values = new HashMap<>();
    private final Map<InputPath, SeenValue> seen = new HashMap<>();

    private Variables(Inputs inputs) {
      this.inputs = inputs;
      values.put("constants", Optional.of(document.constants()));
      for (InputPath.Variable variable : InputPath.Variable.values()) {
        values.put(variable.wire(), Optional.of(variable.celValue(inputs)));
      }
    }

    @Override
    public Optional<Object> find(String name) {
      return values.getOrDefault(name, Optional.empty());
    }

    private List<SeenValue> seen(List<InputPath> paths) {
      List<SeenValue> saw = new ArrayList<>(paths.size());
      for (InputPath path : paths) {
        saw.add(seen.computeIfAbsent(path, p -> SeenValue.of(p, inputs)));
      }
      return saw;
    }
  }
}
