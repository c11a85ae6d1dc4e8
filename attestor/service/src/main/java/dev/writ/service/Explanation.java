// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.AppraisedRules;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.BootLogDiff.Change;
import dev.writ.evidence.BootLogSummary;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceDiff;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a decision was made, for whoever has to act on it. The contract says what its JSON has.
 *
 * @param decision which
 * @param host of which
 * @param decidedBy the policy by which it was decided, where the ledger has it
 * @param inForce the policy in force when it is explained
 * @param boot what changed
 * @param references the set by which the host is judged in force
 * @param proposal what that set would have to say for a denial to go away
 * @param next what would have the same request allowed, with the approvals that there are when it is explained
 */
record Explanation(
    KeptDecision decision,
    KnownHost host,
    Optional<PolicyDocument> decidedBy,
    PolicyInForce inForce,
    BootComparison boot,
    Optional<ReferenceSet> references,
    Optional<ReferenceAmendment.Proposal> proposal,
    Optional<StepUp> next) {
  /** What a proposal is, in each place where it is shown. */
  static final String NOT_APPROVED = "proposed, approved by nobody";

  private static final AppraisedRules NO_RULES = new AppraisedRules(List.of(), 0);
  private static final int MAX_CHANGES = 200;
  private static final int MAX_TEXT = 1024;

  /** UTF-16 units of a set or diff that is told: a set may be as long as a policy, 1 MiB. */
  private static final int MAX_SET = 256 * 1024;

  private static final int MAX_DIFF = 64 * 1024;

  /** The digest of the policy by which a decision was made. */
  static Hash policyOf(Leaf leaf) {
    if (leaf.body() instanceof Evaluation evaluation) {
      return evaluation.policyDigest();
    }
    return leaf.body() instanceof LeafBody.DecisionAllow allow
        ? allow.policyDigest()
        : ((LeafBody.DecisionDeny) leaf.body()).policyDigest();
  }

  /** The epoch under which a decision was made. */
  static long epochOf(Leaf leaf) {
    if (leaf.body() instanceof Evaluation evaluation) {
      return evaluation.epoch();
    }
    return leaf.body() instanceof LeafBody.DecisionAllow allow
        ? allow.epoch()
        : ((LeafBody.DecisionDeny) leaf.body()).epoch();
  }

  /** The beginning of a text, no character cut in two. */
  private static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + "…";
  }

  byte[] toJson() {
    return toJson(true);
  }

  /**
   * The same for whoever may not read what the policy was shown: which inputs rules read is told, and not what
   * stood in them, nor who set the request in motion.
   */
  byte[] toJsonWithoutInputs() {
    return toJson(false);
  }

  private byte[] toJson(boolean inputs) {
    Map<String, Object> json = new LinkedHashMap<>();
    Leaf leaf = decision.leaf();
    json.put("v", 1);
    json.put("decision_id", leaf.id().toString());
    json.put("leaf_index", decision.index());
    json.put("time", leaf.time().toEpochMilli());
    json.put("verdict", decision.allowed() ? "allow" : "deny");
    if (leaf.body() instanceof LeafBody.DecisionDeny deny) {
      json.put("code", deny.code().wire());
      json.put("reason", deny.reason());
      json.put("message", decision.message());
    }
    next.map(step -> inputs ? step : step.withoutInitiator())
        .ifPresent(step -> json.put("next", step.toMap(Optional.of(leaf.id()))));
    json.put("host", host.name());
    json.put("ak_name", host.akName().base64Url());
    json.put("policy", policy());
    references.ifPresent(set -> json.put("reference_set", set.name()));
    json.put("policy_reasons", decision.reasons());
    json.put("inputs_shown", inputs);
    json.put(
        "policy_rules",
        decision.denying().stream()
            .map(rule -> inputs ? rule : rule.withoutValues())
            .map(rule -> rule.toMap(decidedBy))
            .toList());
    json.put("rules_known", decision.ran().isPresent());
    AppraisedRules rules = decision.ran().orElse(NO_RULES);
    json.put("rules", rules.ran().stream().map(AppraisedRule::toMap).toList());
    json.put("rules_left_out", rules.omitted());
    json.put("boot", comparison());
    json.put("files", files(rules.ran()));
    proposal.flatMap(this::amendment).ifPresent(told -> json.put("proposal", told));
    json.put("advice", proposal.map(ReferenceAmendment.Proposal::notes).orElse(List.of()));
    return Jcs.canonical(json);
  }

  private Map<String, Object> policy() {
    Hash digest = policyOf(decision.leaf());
    return Map.of(
        "digest", digest.hex(),
        "epoch", epochOf(decision.leaf()),
        "in_force", digest.equals(inForce.digest()));
  }

  private Map<String, Object> comparison() {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("compared", boot.since().isPresent());
    told.put("note", cut(boot.note(), MAX_TEXT));
    boot.since()
        .ifPresent(
            since ->
                told.put(
                    "since",
                    Map.of(
                        "leaf_index", since.index(),
                        "time", since.leaf().time().toEpochMilli())));
    List<Map<String, Object>> changes = new ArrayList<>();
    for (Change change : boot.changes().subList(0, Math.min(MAX_CHANGES, boot.changes().size()))) {
      changes.add(
          Map.of(
              "pcr", change.pcr(),
              "meaning", BootLogSummary.meaning(change.pcr()),
              "text", cut(change.text(), MAX_TEXT)));
    }
    told.put("changes", changes);
    told.put("changes_left_out", boot.changes().size() - changes.size());
    told.put(
        "pcrs",
        boot.pcrs().stream()
            .map(
                pcr ->
                    Map.of(
                        "bank", pcr.bank(),
                        "index", pcr.index(),
                        "was", pcr.was().value().hex(),
                        "is", pcr.is().value().hex()))
            .toList());
    return told;
  }

  private static List<Map<String, Object>> files(List<AppraisedRule> rules) {
    List<Map<String, Object>> files = new ArrayList<>();
    for (AppraisedRule rule : rules) {
      Optional<MeasuredFile> file = MeasuredFile.of(rule);
      if (file.isPresent() && !ReferenceAmendment.holds(rule)) {
        files.add(
            Map.of(
                "entry", file.get().entry(),
                "reason", file.get().reason(),
                "path", file.get().path(),
                "digest", file.get().hash() + ":" + file.get().digest(),
                "expected", file.get().expected(),
                "remedy", MeasuredFile.remedy(file.get().reason())));
      }
    }
    return files;
  }

  /** Nothing where the set in force would stay as it is. */
  private Optional<Map<String, Object>> amendment(ReferenceAmendment.Proposal proposed) {
    ReferenceSet before = references.orElseThrow();
    return before.equals(proposed.set())
        ? Optional.empty()
        : Optional.of(told(inForce.document(), Optional.of(before), proposed.set(), NOT_APPROVED));
  }

  /**
   * A proposed set beside the one in force, for review.
   *
   * @param standing what a reviewer must know of it first, in one line
   */
  static Map<String, Object> told(
      PolicyDocument document,
      Optional<ReferenceSet> before,
      ReferenceSet proposed,
      String standing) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("status", NOT_APPROVED);
    told.put("base", document.id() + " version " + document.version());
    String set = proposed.text();
    String diff =
        ReferenceDiff.of(
            before
                .map(
                    there ->
                        there.name() + " of " + document.id() + " version " + document.version())
                .orElse("none"),
            before.map(ReferenceSet::text).orElse(""),
            proposed.name() + " (" + standing + ")",
            proposed.text());
    told.put("whole", set.length() <= MAX_SET && diff.length() <= MAX_DIFF);
    told.put("reference_set", set.length() <= MAX_SET ? set : "");
    told.put("diff", cut(diff, MAX_DIFF));
    return told;
  }

  /** What was learned from a host, for review. */
  static byte[] toJson(Explanations.Learning learning, PolicyDocument document) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    json.put("host", learning.host());
    json.put("leaf_index", learning.decision().index());
    json.put("time", learning.decision().leaf().time().toEpochMilli());
    json.put("verdict", learning.decision().allowed() ? "allow" : "deny");
    json.put("notes", learning.learned().notes());
    json.put(
        "proposal",
        told(
            document,
            learning.inForce(),
            learning.learned().set(),
            NOT_APPROVED + learning.denied().map(what -> "; " + what).orElse("")));
    return Jcs.canonical(json);
  }
}
