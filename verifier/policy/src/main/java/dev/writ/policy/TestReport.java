// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a document's own tests said of it.
 *
 * @param tests each test, in document order
 * @param rules each rule of the document, in its order, and what of it the tests hold
 */
public record TestReport(List<Ran> tests, List<Covered> rules) {
  /** Copies the lists. */
  public TestReport {
    tests = List.copyOf(tests);
    rules = List.copyOf(rules);
  }

  /** Whether every test came to what it expects; so it is where there is none. */
  public boolean passed() {
    return tests.stream().allMatch(Ran::met);
  }

  /**
   * Whether the tests hold every rule: each was seen true and seen false, and could be neither negated
   * nor removed without a test that fails.
   */
  public boolean covers() {
    return rules.stream().allMatch(Covered::held);
  }

  /** A sentence for each thing that a test expects and did not come. */
  public List<String> failures() {
    return tests.stream().flatMap(ran -> ran.failures().stream()).toList();
  }

  /** A sentence for each thing about a rule that no test holds. */
  public List<String> gaps() {
    return rules.stream().flatMap(covered -> covered.gaps().stream()).toList();
  }

  /**
   * One test.
   *
   * @param test the test
   * @param came what came
   * @param decidedBy for a denial the rules that denied, the deciding one first; for an allow the rules
   *     that permitted
   * @param shadow what would have come, were the rules in shadow mode enforced
   * @param shadowDecidedBy the same of that
   * @param unwritten for an allow, sentences about rules that let it pass by inputs that nobody wrote
   */
  public record Ran(
      Example test,
      Conclusion came,
      List<String> decidedBy,
      Conclusion shadow,
      List<String> shadowDecidedBy,
      List<String> unwritten) {
    /** Copies the lists. */
    public Ran {
      decidedBy = List.copyOf(decidedBy);
      shadowDecidedBy = List.copyOf(shadowDecidedBy);
      unwritten = List.copyOf(unwritten);
    }

    /** Whether it came to what it expects, by what it says itself. */
    public boolean met() {
      return meets(came, shadow) && unwritten.isEmpty();
    }

    boolean meets(Conclusion conclusion, Conclusion shadowConclusion) {
      return conclusion.equals(test.expected()) && shadowConclusion.equals(test.shadow());
    }

    private List<String> failures() {
      List<String> failures = new ArrayList<>();
      String name = "test " + test.name() + ": ";
      if (!came.equals(test.expected())) {
        failures.add(name + differs(test.expected(), came, decidedBy));
      }
      if (!shadow.equals(test.shadow())) {
        failures.add(
            name
                + "were the rules in shadow mode enforced, "
                + differs(test.shadow(), shadow, shadowDecidedBy)
                + "; say what must come then in its member shadow");
      }
      unwritten.forEach(sentence -> failures.add(name + sentence));
      return failures;
    }

    private static String differs(Conclusion expected, Conclusion came, List<String> by) {
      return "must come to "
          + expected.words()
          + ", came to "
          + came.words()
          + " by "
          + String.join(", ", by);
    }
  }

  /**
   * One rule.
   *
   * @param rule the rule
   * @param seenTrue whether a test came to it true
   * @param seenFalse whether a test came to it false
   * @param negated a test that fails if the rule says the contrary
   * @param removed a test that fails if the rule is not there
   */
  public record Covered(
      Rule rule,
      boolean seenTrue,
      boolean seenFalse,
      Optional<String> negated,
      Optional<String> removed) {
    /** Whether the tests hold it. */
    public boolean held() {
      return seenTrue && seenFalse && negated.isPresent() && removed.isPresent();
    }

    private List<String> gaps() {
      List<String> gaps = new ArrayList<>();
      String name = "rule " + rule.id() + ": ";
      if (!seenTrue) {
        gaps.add(name + "no test comes to it true");
      }
      if (!seenFalse) {
        gaps.add(name + "no test comes to it false");
      }
      if (negated.isEmpty()) {
        gaps.add(name + "it may say the contrary, and no test fails");
      }
      if (removed.isEmpty()) {
        gaps.add(name + "it may be removed, and no test fails");
      }
      return gaps;
    }
  }
}
