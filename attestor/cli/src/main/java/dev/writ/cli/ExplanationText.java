// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ApprovalsNeeded;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import java.time.Instant;
import java.util.List;

/** The service's explanation of a decision, as a person reads it: first what changed, last the proposal. */
final class ExplanationText {
  private static final int MAX = 4096;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final Lines lines = new Lines();

  private ExplanationText() {}

  static String of(JsonMembers json) throws MalformedJsonException {
    ExplanationText text = new ExplanationText();
    if (json.has("request_id")) {
      text.refused(json);
      return text.lines.toString();
    }
    if (json.has("verifier")) {
      text.verification(json);
      return text.lines.toString();
    }
    if (json.has("asker")) {
      text.evaluation(json);
      return text.lines.toString();
    }
    text.decision(json);
    text.boot(json.object("boot"));
    text.rules(json);
    text.files(json.objects("files", MAX));
    text.advice(json.texts("advice", MAX));
    if (json.has("proposal")) {
      text.proposal(json.object("proposal"));
    }
    return text.lines.toString();
  }

  private void named(JsonMembers json) throws MalformedJsonException {
    lines.fact("decision", json.text("decision_id"));
    lines.fact("leaf_index", Long.toString(json.integer("leaf_index", 0, MAX_EXACT)));
    lines.fact("time", time(json));
  }

  /** An answer to an enforcement point. */
  private void evaluation(JsonMembers json) throws MalformedJsonException {
    named(json);
    lines.fact("asker", json.text("asker"));
    for (String name : List.of("subject", "action", "resource", "verdict", "code", "reason")) {
      json.optionalText(name).ifPresent(value -> lines.fact(name, value));
    }
    under(json);
    rulesOf(json);
    lines.blank();
    lines.line(
        "nothing was attested, and nothing issued: the answer is the policy's, for who asked");
  }

  /** An artifact that was shown, and judged. */
  private void verification(JsonMembers json) throws MalformedJsonException {
    named(json);
    for (String name :
        List.of(
            "verifier",
            "verdict",
            "code",
            "reason",
            "jti",
            "asked_by",
            "reporter",
            "action",
            "resource",
            "asked")) {
      json.optionalText(name).ifPresent(value -> lines.fact(name, value));
    }
    if (json.has("used")) {
      lines.fact("used", Long.toString(json.integer("used", 0, MAX_EXACT)));
    }
    if (json.has("max_uses")) {
      lines.fact("max_uses", Long.toString(json.integer("max_uses", 1, MAX_EXACT)));
    }
    lines.blank();
    lines.line(
        json.flag("erased")
            ? "what was asked for was erased; the leaf still says what was answered"
            : "an artifact was shown: why it was issued, writ explain says of its jti");
  }

  private void decision(JsonMembers json) throws MalformedJsonException {
    named(json);
    lines.fact("host", json.text("host"));
    lines.fact("verdict", json.text("verdict"));
    if (json.has("code")) {
      lines.fact("code", json.text("code"));
      lines.fact("reason", json.text("reason"));
      lines.fact("message", json.text("message"));
    }
    under(json);
    lines.fact("reference_set", json.optionalText("reference_set").orElse("none"));
    rulesOf(json);
    if (json.has("next")) {
      next(json.object("next"));
    }
  }

  private void under(JsonMembers json) throws MalformedJsonException {
    JsonMembers policy = json.object("policy");
    lines.fact(
        "policy_epoch",
        policy.integer("epoch", 1, MAX_EXACT)
            + (policy.flag("in_force") ? "" : ", another than is in force now"));
  }

  private void rulesOf(JsonMembers json) throws MalformedJsonException {
    for (JsonMembers reason : json.objects("policy_reasons", MAX)) {
      lines.fact("rule", reason.text("rule") + ": " + reason.text("admin"));
    }
    List<JsonMembers> rules = json.objects("policy_rules", MAX);
    boolean inputsShown = !rules.isEmpty() && json.flag("inputs_shown");
    for (JsonMembers rule : rules) {
      policyRule(rule, inputsShown);
    }
  }

  private void next(JsonMembers next) throws MalformedJsonException {
    long given = next.integer("given", 0, MAX_EXACT);
    long threshold = next.integer("threshold", 0, MAX_EXACT);
    lines.fact(
        "next",
        given
            + " of "
            + threshold
            + " approvals are given"
            + (given < threshold
                ? "; an approver gives one with: "
                    + ApprovalsNeeded.command(next.uuid("decision_id"))
                : ": the host can ask for the same again"));
    next.optionalText("initiator").ifPresent(name -> lines.fact("  for the initiator", name));
    for (String approver : next.texts("approvers", MAX)) {
      lines.fact("  may approve", approver);
    }
  }

  /** A request that did not come to a decision. */
  private void refused(JsonMembers json) throws MalformedJsonException {
    lines.fact("request", json.text("request_id"));
    lines.fact("time", time(json));
    lines.fact("verdict", json.text("verdict"));
    for (String name : List.of("code", "reason", "door", "operation")) {
      lines.fact(name, json.text(name));
    }
    lines.fact("summary", "leaf " + json.integer("leaf_index", 0, MAX_EXACT));
    json.optionalText("client").ifPresent(digest -> lines.fact("client", digest));
    lines.blank();
    lines.line(
        "refused before it was a decision on anybody: there is no host, no Evidence and no rule to it");
  }

  /** What stood in the way, what would satisfy it, and what it was shown. */
  private void policyRule(JsonMembers rule, boolean inputsShown) throws MalformedJsonException {
    lines.line(
        rule.text("id")
            + " ("
            + rule.text("effect")
            + ") must be "
            + rule.text("must_be")
            + ", was "
            + rule.text("outcome")
            + rule.optionalText("when").map(when -> ": " + when).orElse(""));
    for (JsonMembers seen : rule.objects("saw", MAX)) {
      lines.line(
          "  "
              + seen.text("input")
              + " is "
              + seen.optionalText("value")
                  .orElse(inputsShown ? "absent" : "not shown to this role"));
    }
  }

  private static String time(JsonMembers json) throws MalformedJsonException {
    return Instant.ofEpochMilli(json.integer("time", 0, MAX_EXACT)).toString();
  }

  private void boot(JsonMembers boot) throws MalformedJsonException {
    lines.blank();
    if (!boot.flag("compared")) {
      lines.line("what changed is not known: " + boot.text("note"));
      return;
    }
    JsonMembers since = boot.object("since");
    List<JsonMembers> changes = boot.objects("changes", MAX);
    List<JsonMembers> pcrs = boot.objects("pcrs", MAX);
    lines.line(
        (changes.isEmpty() && pcrs.isEmpty() ? "nothing changed" : "changed")
            + " since the boot of leaf "
            + since.integer("leaf_index", 0, MAX_EXACT)
            + ", "
            + time(since));
    for (JsonMembers change : changes) {
      lines.ofPcr((int) change.integer("pcr", 0, 23), change.text("text"));
    }
    long left = boot.integer("changes_left_out", 0, MAX_EXACT);
    if (left > 0) {
      lines.line(left + " more changes");
    }
    for (JsonMembers pcr : pcrs) {
      lines.line(
          pcr.text("bank")
              + ":"
              + pcr.integer("index", 0, 23)
              + "  is "
              + pcr.text("is")
              + ", was "
              + pcr.text("was"));
    }
  }

  private void rules(JsonMembers json) throws MalformedJsonException {
    lines.blank();
    if (!json.flag("rules_known")) {
      lines.line("which rules ran is not kept");
    }
    for (JsonMembers rule : json.objects("rules", MAX)) {
      String subject = rule.optionalText("subject").orElse("");
      lines.line(
          String.format(
              "%-15s  %s%s: expected %s; %s",
              rule.text("tier"),
              rule.text("reason"),
              subject.isEmpty() ? "" : " " + subject,
              rule.text("expected"),
              rule.text("actual")));
    }
    long left = json.integer("rules_left_out", 0, MAX_EXACT);
    if (left > 0) {
      lines.line(left + " more rules ran that are not kept");
    }
  }

  private void files(List<JsonMembers> files) throws MalformedJsonException {
    for (JsonMembers file : files) {
      lines.blank();
      lines.fact("file", file.text("path"));
      lines.fact("entry", Long.toString(file.integer("entry", 0, MAX_EXACT)));
      lines.fact("reason", file.text("reason"));
      lines.fact("digest", file.text("digest"));
      lines.fact("expected", file.text("expected"));
      lines.fact("remedy", file.text("remedy"));
    }
  }

  private void advice(List<String> advice) {
    if (!advice.isEmpty()) {
      lines.blank();
      advice.forEach(text -> lines.fact("to do", text));
    }
  }

  private void proposal(JsonMembers proposal) throws MalformedJsonException {
    lines.blank();
    lines.line(proposal.text("status") + ": review it before it goes into the policy");
    if (!proposal.flag("whole")) {
      lines.line("(cut: it is too long to be shown whole)");
    }
    lines.block(proposal.text("diff"));
  }
}
