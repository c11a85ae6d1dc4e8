// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads the members of a document, in the order of the format, and holds what it read. */
final class PolicyReader {
  private static final int MAX_RULES = 1_024;
  private static final int MAX_REFERENCE_SETS = 256;
  private static final int MAX_TARGETS = 16;
  private static final int MAX_TESTS = 1_024;
  private static final int MAX_OBLIGATIONS = 8;
  static final int MAX_LIFETIME_S = 3_600;
  private static final int MAX_LOADER_VARIABLES = 32;
  private static final int MAX_DELEGATION_DEPTH = 64;

  /** Every stage but that of the document itself. */
  private static final List<Rule.Stage> STAGES =
      Stream.of(Rule.Stage.values()).filter(stage -> stage != Rule.Stage.DOCUMENT).toList();

  final String id;
  final int version;
  final Optional<PolicyDigest> previous;
  final String author;
  final String description;
  final Instant effectiveFrom;
  final Instant expires;
  final Set<String> targets;
  final Duration lifetime;
  final boolean endsEarlierArtifacts;
  final List<ReferenceSet> referenceSets;
  final Set<String> loaderVariables;
  final Constants constants;
  final List<Rule> rules;
  final List<Json.Place> expressionPlaces;
  final Optional<Approvals> approvals;
  final Optional<Breakglass> breakglass;
  final int maxDelegationDepth;
  final List<AnswerableQuestions> questions;
  final Optional<Duration> lease;
  final List<Example> tests;

  private final Map<String, ReferenceSet> referenceSetsByHost = new HashMap<>();

  PolicyReader(Members members) throws MalformedPolicyException {
    members.literal("type", PolicyDocument.TYPE);
    members.literal("profile", Profile.ID);
    id = members.text("id", TextForm.ID);
    version = members.integer("version", 1, Integer.MAX_VALUE);
    previous = members.optionalText("previous", TextForm.SHA256).map(PolicyDigest::new);
    if (previous.isPresent() != (version > 1)) {
      throw new MalformedPolicyException(
          members.optional("previous").map(Json::place).orElse(members.place().absent("previous")),
          "given in each version but the first",
          previous.isPresent() ? "given in version 1" : "absent in version " + version);
    }
    author = members.text("author", TextForm.PRINCIPAL);
    description = members.optionalText("description", TextForm.DESCRIPTION).orElse("");
    effectiveFrom = members.time("effective_from");
    expires = members.time("expires");
    if (!expires.isAfter(effectiveFrom)) {
      throw new MalformedPolicyException(
          members.required("expires").place(), "after effective_from", expires.toString());
    }
    endsEarlierArtifacts = members.flag("ends_earlier_artifacts");
    targets = members.set("targets", 1, MAX_TARGETS, TextForm.PRINCIPAL);
    if (targets.contains(PolicyDocument.ANY_TENANT) && targets.size() > 1) {
      throw new MalformedPolicyException(
          members.required("targets").place(), "either \"*\" alone or tenants", "both");
    }
    lifetime = Duration.ofSeconds(members.integer("lifetime_s", 1, MAX_LIFETIME_S));
    referenceSets =
        members.list("reference_values", 0, MAX_REFERENCE_SETS, PolicyReader::readReferenceSet);
    ReferenceSet.refuseOverlap(referenceSets, members.required("reference_values").place());
    referenceSets.forEach(set -> set.hosts().forEach(host -> referenceSetsByHost.put(host, set)));
    loaderVariables = readLoaderVariables(members);
    Optional<Json> named = members.optional("constants");
    constants = named.isPresent() ? Constants.read(named.get()) : Constants.none();
    rules = members.list("rules", 1, MAX_RULES, PolicyReader::readRule);
    expressionPlaces = places(members.required("rules"), "when");
    refuseRepeats("rules of different ids", ids(rules), places(members.required("rules"), "id"));
    Optional<Json> asked = members.optional("approvals");
    approvals = asked.isPresent() ? Optional.of(Approvals.read(asked.get())) : Optional.empty();
    Optional<Json> glass = members.optional("breakglass");
    breakglass = glass.isPresent() ? Optional.of(Breakglass.read(glass.get())) : Optional.empty();
    maxDelegationDepth = readDelegation(members);
    questions = AnswerableQuestions.take(members);
    lease = readLease(members);
    Examples examples = new Examples(effectiveFrom);
    tests = members.optionalList("tests", MAX_TESTS, examples::read);
    members.end();
  }

  Optional<ReferenceSet> referenceSet(String host) {
    return Optional.ofNullable(referenceSetsByHost.get(host));
  }

  /** A document that says nothing of delegation lets nothing be delegated. */
  private static int readDelegation(Members members) throws MalformedPolicyException {
    Optional<Json> said = members.optional("delegation");
    if (said.isEmpty()) {
      return 0;
    }
    Members delegation = Members.of(said.get());
    int depth = delegation.integer("max_depth", 1, MAX_DELEGATION_DEPTH);
    delegation.end();
    return depth;
  }

  private static Optional<Duration> readLease(Members members) throws MalformedPolicyException {
    Optional<Json> said = members.optional("lease");
    if (said.isEmpty()) {
      return Optional.empty();
    }
    Members lease = Members.of(said.get());
    int maxAge = lease.integer("max_age_s", Obligation.MIN_LEASE_S, Obligation.MAX_LEASE_S);
    lease.end();
    return Optional.of(Duration.ofSeconds(maxAge));
  }

  private static Set<String> readLoaderVariables(Members members) throws MalformedPolicyException {
    Optional<Json> listed = members.optional("loader_variables");
    if (listed.isEmpty()) {
      return Set.of();
    }
    Set<String> names = members.set("loader_variables", 0, MAX_LOADER_VARIABLES, TextForm.VARIABLE);
    for (String name : names) {
      if (!LoaderVariables.contains(name)) {
        throw new MalformedPolicyException(
            listed.get().place(),
            "names of loader and interpreter variables: any other is allowed without",
            "\"" + name + "\"");
      }
    }
    return names;
  }

  static ReferenceSet readReferenceSet(Json value) throws MalformedPolicyException {
    return Members.readNamed("set", "name", value, ReferenceSet::read);
  }

  static Rule readRule(Json value) throws MalformedPolicyException {
    return Members.readNamed("rule", "id", value, PolicyReader::readRuleMembers);
  }

  private static Rule readRuleMembers(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    String ruleId = members.text("id", TextForm.ID);
    String ruleDescription = members.optionalText("description", TextForm.DESCRIPTION).orElse("");
    Rule.Stage stage = members.choice("stage", STAGES, Rule.Stage::wire);
    Rule.Effect effect = members.choice("effect", List.of(Rule.Effect.values()), Rule.Effect::wire);
    String when = members.text("when", TextForm.EXPRESSION);
    Optional<PolicyCode> code = readCode(members, effect);
    String reasonUser = members.text("reason_user", TextForm.SENTENCE);
    String reasonAdmin = members.text("reason_admin", TextForm.SENTENCE);
    Rule.Mode mode = members.choice("mode", List.of(Rule.Mode.values()), Rule.Mode::wire);
    List<Obligation> obligations =
        members.optionalList("obligations", MAX_OBLIGATIONS, Obligation::read);
    if (effect == Rule.Effect.FORBID && !obligations.isEmpty()) {
      throw new MalformedPolicyException(
          members.required("obligations").place(),
          "absent: a forbid never allows, so its obligations would bind nobody",
          obligations.size() + " obligations");
    }
    members.end();
    return new Rule(
        ruleId,
        ruleDescription,
        stage,
        effect,
        when,
        code,
        reasonUser,
        reasonAdmin,
        mode,
        obligations);
  }

  private static Optional<PolicyCode> readCode(Members members, Rule.Effect effect)
      throws MalformedPolicyException {
    if (effect != Rule.Effect.PERMIT) {
      return Optional.of(members.choice("code", List.of(PolicyCode.values()), PolicyCode::wire));
    }
    Optional<Json> code = members.optional("code");
    if (code.isPresent()) {
      throw new MalformedPolicyException(
          code.get().place(),
          "absent: a request that no rule permits is policy_denied",
          code.get().describe());
    }
    return Optional.empty();
  }

  private static List<String> ids(List<Rule> rules) {
    return rules.stream().map(Rule::id).toList();
  }

  /** Where each element of {@code array} has its {@code member}; all have it. */
  private static List<Json.Place> places(Json array, String member)
      throws MalformedPolicyException {
    return Members.readList(
        array, 0, Integer.MAX_VALUE, element -> Members.of(element).required(member).place());
  }

  private static void refuseRepeats(String mustBe, List<String> names, List<Json.Place> places)
      throws MalformedPolicyException {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (!seen.add(names.get(i))) {
        throw new MalformedPolicyException(places.get(i), mustBe, "\"" + names.get(i) + "\" twice");
      }
    }
  }
}
