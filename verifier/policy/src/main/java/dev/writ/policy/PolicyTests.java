// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Runs a document's own tests, and finds out what of its rules they hold.
 *
 * <p>A rule is held if a test fails once it says the contrary, and once it is removed. The mutants are
 * not compiled and decided anew: a negated rule comes to the contrary of what it came to, an error
 * stays one, and what the outcomes of all rules come to is concluded again; of what a freeze means the
 * document says as much without one of its rules. Tests that fail as the document stands hold nothing.
 */
public final class PolicyTests {
  private final Policy policy;
  private final List<Run> runs = new ArrayList<>();

  private PolicyTests(Policy policy) {
    this.policy = policy;
    policy.document().tests().forEach(test -> runs.add(run(test)));
  }

  /** Runs all tests of the policy's document. */
  public static TestReport run(Policy policy) {
    PolicyTests tests = new PolicyTests(policy);
    return new TestReport(tests.runs.stream().map(Run::ran).toList(), tests.coverage());
  }

  /**
   * One test that was run.
   *
   * @param results of all rules; the last ones are the document's own
   * @param deciding positions in them, in the order in which a denial decides
   * @param frozen whether a freeze denies whatever the enforced rules say; a mutant changes what a rule
   *     says, not what the document is about
   * @param frozenInShadow likewise, were rules in shadow mode enforced
   */
  private record Run(
      TestReport.Ran ran,
      List<RuleResult> results,
      List<Integer> deciding,
      boolean frozen,
      boolean frozenInShadow) {
    /** Whether the test fails if rule number {@code at} is not there. */
    boolean failsWithout(int at) {
      RuleResult was = results.get(at);
      boolean binds =
          was.outcome() == RuleResult.Outcome.TRUE && !was.rule().obligations().isEmpty();
      return (was.denies() || was.permits() || binds) && !isMetBy(results, i -> i != at);
    }

    /** Whether the test fails if rule number {@code at} says the contrary. */
    boolean failsNegated(int at) {
      RuleResult was = results.get(at);
      RuleResult is = was.negated();
      if (is.equals(was) || isOneMoreReason(was, is)) {
        return false;
      }
      List<RuleResult> mutant = new ArrayList<>(results);
      mutant.set(at, is);
      return !isMetBy(mutant, i -> true);
    }

    /**
     * Whether the change is one permit more for what is allowed anyway, or one less for what is denied
     * anyway: in a document of many permits nearly all are.
     */
    private boolean isOneMoreReason(RuleResult was, RuleResult is) {
      return was.rule().effect() == Rule.Effect.PERMIT
          && was.rule().obligations().isEmpty()
          && ran.came().allows() == is.permits()
          && ran.shadow().allows() == is.permits();
    }

    private boolean isMetBy(List<RuleResult> outcomes, IntPredicate there) {
      return ran.meets(
          conclude(frozen, outcomes, deciding, there.and(i -> outcomes.get(i).rule().enforced())),
          conclude(frozenInShadow, outcomes, deciding, there));
    }
  }

  private static Conclusion conclude(
      boolean frozen, List<RuleResult> results, List<Integer> deciding, IntPredicate counts) {
    return frozen ? Conclusion.FROZEN : Conclusion.of(results, deciding, counts);
  }

  private Run run(Example test) {
    Decision decision = policy.decide(test.inputs());
    List<RuleResult> results = decision.rules();
    List<Integer> deciding = policy.decidingOrder(test.inputs());
    IntPredicate enforced = i -> results.get(i).rule().enforced();
    boolean frozen = policy.isFrozen(test.inputs(), false);
    boolean frozenInShadow = policy.isFrozen(test.inputs(), true);
    Conclusion came = conclude(frozen, results, deciding, enforced);
    Conclusion shadow = conclude(frozenInShadow, results, deciding, i -> true);
    return new Run(
        new TestReport.Ran(
            test,
            came,
            frozen ? List.of(Policy.FROZEN) : deciders(came, results, deciding, enforced),
            shadow,
            frozenInShadow
                ? List.of(Policy.FROZEN)
                : deciders(shadow, results, deciding, i -> true),
            unwritten(test, results, came, shadow)),
        results,
        deciding,
        frozen,
        frozenInShadow);
  }

  private static List<String> deciders(
      Conclusion conclusion,
      List<RuleResult> results,
      List<Integer> deciding,
      IntPredicate counts) {
    List<String> ids =
        deciding.stream()
            .filter(counts::test)
            .map(results::get)
            .filter(conclusion.allows() ? RuleResult::permits : RuleResult::denies)
            .map(result -> result.rule().id())
            .toList();
    return ids.isEmpty() ? List.of(Policy.NO_PERMIT) : ids;
  }

  /** Of an allow: who let it pass by an input that the test does not give. */
  private static List<String> unwritten(
      Example test, List<RuleResult> results, Conclusion came, Conclusion shadow) {
    return results.stream()
        .filter(result -> (result.rule().enforced() ? came : shadow).allows())
        // What the document's own members imply is not the author's to give.
        .filter(result -> result.rule().stage() != Rule.Stage.DOCUMENT && result.passes())
        .flatMap(
            result ->
                result.saw().stream()
                    .filter(seen -> test.leaves(seen.path()))
                    .map(seen -> sentence(result.rule(), seen.path())))
        .toList();
  }

  private static String sentence(Rule rule, String input) {
    return "must give %s, which rule %s reads: an allow rests on nothing that is not written"
        .formatted(input, rule.id());
  }

  private List<TestReport.Covered> coverage() {
    List<Rule> rules = policy.document().rules();
    List<TestReport.Covered> covered = new ArrayList<>(rules.size());
    for (int i = 0; i < rules.size(); i++) {
      covered.add(coverage(rules.get(i), rules.size() - i));
    }
    return covered;
  }

  /**
   * What the tests hold of a rule.
   *
   * @param fromEnd its place in the results, counted from their end
   */
  private TestReport.Covered coverage(Rule rule, int fromEnd) {
    return new TestReport.Covered(
        rule,
        outcomes(fromEnd).anyMatch(outcome -> outcome == RuleResult.Outcome.TRUE),
        outcomes(fromEnd).anyMatch(outcome -> outcome == RuleResult.Outcome.FALSE),
        firstFailing(run -> run.failsNegated(run.results().size() - fromEnd)),
        firstFailing(run -> run.failsWithout(run.results().size() - fromEnd)));
  }

  private Stream<RuleResult.Outcome> outcomes(int fromEnd) {
    return runs.stream().map(run -> run.results().get(run.results().size() - fromEnd).outcome());
  }

  private Optional<String> firstFailing(Predicate<Run> fails) {
    return runs.stream()
        .filter(run -> run.ran().met() && fails.test(run))
        .map(run -> run.ran().test().name())
        .findFirst();
  }
}
