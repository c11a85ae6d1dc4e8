// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads an author's file for whoever mends it: every fault that can be told from the others at once,
 * and, where there is none, what is allowed and probably not meant.
 *
 * <p>Faults are looked for in each rule, reference set and test by itself; of what is left, the first
 * is told. No fault is lost by that: a file without one is a document.
 */
public final class PolicyLint {
  /** A document that ends sooner than this is told about. */
  public static final Duration SOON = Duration.ofDays(30);

  /** What gateways of Writ's honour. */
  private static final Pattern KNOWN_OBLIGATION =
      Pattern.compile("sealed_copy|reroute:.+|lease:[0-9]+");

  private final List<Finding> faults = new ArrayList<>();
  private final List<Finding> warnings = new ArrayList<>();

  private PolicyLint() {}

  /**
   * Something about a place in the file.
   *
   * @param line from 1
   * @param column from 1
   * @param sentence what, with the place's path
   */
  public record Finding(int line, int column, String sentence) {
    private static Finding of(MalformedPolicyException e) {
      return new Finding(e.line(), e.column(), e.fault());
    }

    private static Finding of(Json.Place place, String sentence) {
      return new Finding(place.at().line(), place.at().column(), place.path() + ": " + sentence);
    }
  }

  /**
   * What was found.
   *
   * @param faults for which the file is no policy
   * @param warnings about one that is
   */
  public record Report(List<Finding> faults, List<Finding> warnings) {
    /** Copies the findings, in the order in which the file has them. */
    public Report {
      faults = sorted(faults);
      warnings = sorted(warnings);
    }

    private static List<Finding> sorted(List<Finding> findings) {
      return findings.stream()
          .distinct()
          .sorted(Comparator.comparing(Finding::line).thenComparing(Finding::column))
          .toList();
    }
  }

  /**
   * Reads {@code file}.
   *
   * @param file JSON or YAML
   * @param now judges {@code expires}
   */
  public static Report of(byte[] file, Instant now) {
    PolicyLint lint = new PolicyLint();
    try {
      lint.read(PolicyDocument.readAuthored(file), now);
    } catch (MalformedPolicyException e) {
      lint.faults.add(Finding.of(e));
    }
    return new Report(lint.faults, lint.warnings);
  }

  private void read(Json json, Instant now) throws MalformedPolicyException {
    Members members = Members.of(json);
    Optional<Profile> profile = profile(members);
    for (Json each : elements(members, "rules")) {
      attempt(() -> read(each, profile));
    }
    for (Json each : elements(members, "reference_values")) {
      attempt(() -> PolicyReader.readReferenceSet(each));
    }
    Examples examples = new Examples(Instant.EPOCH);
    for (Json each : elements(members, "tests")) {
      if (!examples.restsOnRefused(each)) {
        attempt(() -> examples.read(each));
      }
    }
    PolicyDocument document = PolicyDocument.of(json);
    if (faults.isEmpty()) {
      new Warnings(Policy.compile(document), json).add(now);
    }
  }

  /** With the document's constants; absent where they are faulty, which the reader of the whole says. */
  private static Optional<Profile> profile(Members members) {
    try {
      Optional<Json> named = members.optional("constants");
      return Optional.of(
          new Profile(named.isPresent() ? Constants.read(named.get()) : Constants.none()));
    } catch (MalformedPolicyException e) {
      return Optional.empty();
    }
  }

  private static Object read(Json value, Optional<Profile> profile)
      throws MalformedPolicyException {
    Rule rule = PolicyReader.readRule(value);
    return profile.isEmpty()
        ? rule
        : Policy.compile(profile.get(), rule, Members.of(value).required("when").place());
  }

  private static List<Json> elements(Members members, String name) {
    return members
        .optional(name)
        .filter(Json.Arr.class::isInstance)
        .map(value -> ((Json.Arr) value).elements())
        .orElse(List.of());
  }

  private interface Attempt {
    Object read() throws MalformedPolicyException;
  }

  private void attempt(Attempt attempt) {
    try {
      Object unused = attempt.read();
    } catch (MalformedPolicyException e) {
      faults.add(Finding.of(e));
    }
  }

  /** What is allowed and probably not meant. */
  private final class Warnings {
    private final Policy policy;
    private final PolicyDocument document;
    private final Members members;
    private final TestReport tests;

    Warnings(Policy policy, Json json) throws MalformedPolicyException {
      this.policy = policy;
      this.document = policy.document();
      this.members = Members.of(json);
      this.tests = PolicyTests.run(policy);
    }

    void add(Instant now) throws MalformedPolicyException {
      addTimes(now);
      addPermits();
      addQuestions();
      addReferenceValues();
      addApprovals();
      addMode();
      addObligations();
      Optional<String> unreviewable = document.breakglass().flatMap(Breakglass::unreviewable);
      if (unreviewable.isPresent()) {
        warn("breakglass", unreviewable.get() + ": it cannot be published");
      }
      if (document.breakglass().filter(glass -> glass.threshold() == 1).isPresent()) {
        warn("breakglass", "has the threshold 1: one approver alone signs a grant, and may use it");
      }
      addConstants();
      addTests();
    }

    private void addTimes(Instant now) throws MalformedPolicyException {
      if (!now.isBefore(document.expires())) {
        warn("expires", "is past: the policy denies everything");
      } else if (now.plus(SOON).isAfter(document.expires())) {
        warn(
            "expires",
            "comes in less than "
                + SOON.toDays()
                + " days: the policy denies everything from then on");
      }
    }

    private void addPermits() throws MalformedPolicyException {
      List<Rule> enforced = document.rules().stream().filter(Rule::enforced).toList();
      List<Rule> permits =
          enforced.stream().filter(rule -> rule.effect() == Rule.Effect.PERMIT).toList();
      if (permits.isEmpty()) {
        warn("rules", "none of effect permit is enforced: the policy allows nothing");
      }
      if (enforced.stream()
          .noneMatch(rule -> rule.effect() != Rule.Effect.PERMIT && readsTrust(rule))) {
        for (Rule permit : permits) {
          if (!readsTrust(permit) && !reads(permit, "request.question")) {
            warn(
                permit,
                "reads nothing of trust, and no enforced require or forbid does: it permits whatever"
                    + " machine asks");
          }
        }
      }
    }

    /** What is said of questions, and what rules and tests make of them. */
    private void addQuestions() throws MalformedPolicyException {
      List<Rule> readers =
          document.rules().stream()
              .filter(Rule::enforced)
              .filter(rule -> reads(rule, "request.question"))
              .toList();
      if (document.questions().isEmpty()) {
        for (Rule reader : readers) {
          if (reader.effect() == Rule.Effect.PERMIT) {
            warn(
                reader,
                "reads request.question, and the document has no questions: each is denied");
          }
        }
        return;
      }
      if (readers.isEmpty()) {
        warn(
            AnswerableQuestions.MEMBER,
            "no enforced rule reads request.question: what hosts are permitted, whoever asks without"
                + " evidence is permitted too, as far as rules read nothing of trust");
      }
      if (tests.tests().stream()
          .noneMatch(ran -> ran.test().inputs().request().question().isPresent())) {
        warn(AnswerableQuestions.MEMBER, "no test asks one: nothing shows what is answered");
      }
    }

    private boolean reads(Rule rule, String input) {
      return policy.inputsOf(rule).stream().anyMatch(path -> path.startsWith(input));
    }

    private boolean readsTrust(Rule rule) {
      return policy.inputsOf(rule).stream()
          .anyMatch(input -> input.equals("trust") || input.startsWith("trust."));
    }

    private void addReferenceValues() throws MalformedPolicyException {
      boolean matches =
          document.rules().stream()
              .filter(Rule::enforced)
              .anyMatch(rule -> policy.inputsOf(rule).contains("trust.pcrs_match"));
      if (matches && document.referenceSets().isEmpty()) {
        warn("reference_values", "are empty, and trust.pcrs_match is false on every host");
      }
    }

    private void addApprovals() throws MalformedPolicyException {
      List<Rule> readers =
          document.rules().stream()
              .filter(Rule::enforced)
              .filter(
                  rule ->
                      policy.inputsOf(rule).stream()
                          .anyMatch(
                              input ->
                                  input.equals("governance")
                                      || input.startsWith("governance.approvals")))
              .toList();
      Optional<Approvals> approvals = document.approvals();
      if (approvals.isEmpty()) {
        for (Rule reader : readers) {
          warn(reader, "reads governance.approvals, which are none where approvals names nobody");
        }
        return;
      }
      if (readers.isEmpty()) {
        warn("approvals", "no enforced rule reads governance.approvals: they let nothing happen");
      }
      for (String sentence : SeparationLint.warnings(approvals.get())) {
        warn("approvals", sentence);
      }
    }

    private void addMode() throws MalformedPolicyException {
      Optional<Rule> silent = policy.silentOnFreezes();
      if (silent.isPresent()) {
        warn(
            silent.get(),
            "reads governance.mode, and neither it nor another enforced rule tells FROZEN from NORMAL: a"
                + " freeze would deny nothing, and it cannot be published");
      }
      boolean shown =
          tests.tests().stream()
              .anyMatch(
                  ran ->
                      ran.test().inputs().governance().mode() == Governance.Mode.FROZEN
                          && !ran.came().allows());
      if (policy.readsMode(false) && !shown) {
        warn(
            "rules",
            "read governance.mode, so that a freeze denies what they deny alone, and no test in the"
                + " mode frozen is denied: does a freeze deny anything?");
      }
    }

    /** A gateway denies what it is obliged to and does not know: a letter too few stops every program. */
    private void addObligations() {
      for (Rule rule : document.rules()) {
        for (Obligation obligation : rule.obligations()) {
          if (!KNOWN_OBLIGATION.matcher(obligation.wire()).matches()) {
            warn(
                rule,
                "has the obligation "
                    + obligation.wire()
                    + ", which no gateway of Writ's knows, so that each denies; they know sealed_copy,"
                    + " reroute:NAME and lease:SECONDS");
          }
        }
      }
    }

    private void addConstants() throws MalformedPolicyException {
      Optional<Json> constants = members.optional("constants");
      if (constants.isEmpty()) {
        return;
      }
      Members named = Members.of(constants.get());
      for (String name : named.names()) {
        Pattern read = Pattern.compile("\\bconstants\\." + Pattern.quote(name) + "\\b");
        if (document.rules().stream().noneMatch(rule -> read.matcher(rule.when()).find())) {
          warnings.add(Finding.of(named.required(name).place(), "no rule reads it"));
        }
      }
    }

    private void addTests() throws MalformedPolicyException {
      if (document.tests().isEmpty()) {
        warn("rules", "no test holds any of them: write tests");
        return;
      }
      if (tests.tests().stream().noneMatch(ran -> ran.came().allows())) {
        warn("tests", "none comes to an allow, so that nothing shows what the policy permits");
      }
      if (!tests.passed()) {
        warn("tests", "not all pass: writ policy test says which");
      }
      for (TestReport.Covered covered : tests.rules()) {
        if (!covered.seenTrue()) {
          warn(covered.rule(), "is true in no test: is it always false?");
        }
        if (!covered.seenFalse()) {
          warn(covered.rule(), "is false in no test: is it always true?");
        }
      }
    }

    private void warn(String member, String sentence) throws MalformedPolicyException {
      warnings.add(Finding.of(members.required(member).place(), sentence));
    }

    private void warn(Rule rule, String sentence) {
      Json.Place place = document.expressionPlace(document.rules().indexOf(rule));
      warnings.add(Finding.of(place, "rule " + rule.id() + " " + sentence));
    }
  }
}
