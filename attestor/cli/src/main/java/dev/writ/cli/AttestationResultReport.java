// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.AppraisedRules;
import dev.writ.artifact.AppraisedSubject;
import dev.writ.artifact.AttestationResultVerdict;
import dev.writ.artifact.AttestationResultVerdict.Accepted;
import dev.writ.artifact.AttestationResultVerdict.Refused;
import dev.writ.artifact.Ear;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Tells what the verification of an Attestation Result ended in, and what the result says. */
final class AttestationResultReport {
  private final AttestationResultVerdict verdict;

  AttestationResultReport(AttestationResultVerdict verdict) {
    this.verdict = verdict;
  }

  void print(PrintWriter out, OutputFormat format) {
    if (format == OutputFormat.json) {
      out.println(Printer.json(document()));
    } else {
      verdict.checks().forEach(check -> out.println(CheckLine.of(check)));
      if (verdict instanceof Accepted accepted) {
        accepted.result().claims().iss().ifPresent(iss -> out.println("iss " + iss));
        new TreeMap<>(accepted.result().claims().submods())
            .forEach((name, part) -> print(out, name, part));
        out.println("valid: what the issuer found, good or bad");
      } else {
        Refused refused = (Refused) verdict;
        out.println("denied: " + refused.code().wire() + ": " + refused.reason());
      }
    }
    out.flush();
  }

  private static void print(PrintWriter out, String name, Ear.Appraisal part) {
    out.println(name + " is " + part.status().wire() + " " + vector(part));
    part.subject().ifPresent(subject -> print(out, subject));
    part.rules().ifPresent(rules -> print(out, rules));
  }

  private static void print(PrintWriter out, AppraisedSubject subject) {
    subject.toMap().forEach((name, value) -> out.printf("  %-16s %s%n", name, value));
  }

  private static void print(PrintWriter out, AppraisedRules rules) {
    for (AppraisedRule rule : rules.ran()) {
      out.printf(
          "%-15s  %-22s  %s%s; %s%n",
          rule.tier().wire(),
          rule.reason(),
          rule.subject().map(subject -> subject + ": ").orElse(""),
          rule.expected(),
          rule.actual());
    }
    if (rules.omitted() > 0) {
      out.println("and " + rules.omitted() + " more rules, none worse than these");
    }
  }

  private Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("valid", verdict instanceof Accepted);
    if (verdict instanceof Refused refused) {
      document.put("code", refused.code().wire());
      document.put("reason", refused.reason());
    }
    document.put("checks", verdict.checks().stream().map(CheckLine::asRow).toList());
    if (verdict instanceof Accepted accepted) {
      Ear claims = accepted.result().claims();
      claims.iss().ifPresent(iss -> document.put("iss", iss));
      document.put("iat", claims.iat().getEpochSecond());
      claims.exp().ifPresent(exp -> document.put("exp", exp.getEpochSecond()));
      Map<String, Object> parts = new TreeMap<>();
      claims.submods().forEach((name, part) -> parts.put(name, part(part)));
      document.put("submods", parts);
    }
    return document;
  }

  private static Map<String, Object> part(Ear.Appraisal part) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", part.status().wire());
    part.subject().ifPresent(subject -> document.put("subject", subject.toMap()));
    document.put("vector", vector(part));
    document.put("policy_ids", part.policyIds());
    part.nonce().ifPresent(nonce -> document.put("nonce", nonce));
    part.rules()
        .ifPresent(
            rules -> {
              List<Map<String, Object>> rows = new ArrayList<>();
              rules.ran().forEach(rule -> rows.add(row(rule)));
              document.put("rules", rows);
              document.put("omitted", rules.omitted());
            });
    return document;
  }

  private static Map<String, Object> row(AppraisedRule rule) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("reason", rule.reason());
    rule.subject().ifPresent(subject -> row.put("subject", subject));
    row.put("claim", rule.claim().wire());
    row.put("value", rule.value());
    row.put("tier", rule.tier().wire());
    row.put("expected", rule.expected());
    row.put("actual", rule.actual());
    return row;
  }

  private static Map<String, Object> vector(Ear.Appraisal part) {
    Map<String, Object> vector = new TreeMap<>();
    part.vector().forEach((claim, value) -> vector.put(claim.wire(), value));
    return vector;
  }
}
