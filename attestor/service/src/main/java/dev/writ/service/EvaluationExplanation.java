// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Inputs;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Request;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Why an enforcement point that showed no Evidence was answered as it was.
 *
 * @param index of the leaf
 * @param inputs what the policy was shown: who asked, and what
 * @param reasons why it denied
 * @param decidedBy the policy by which it was answered, where the ledger has it
 * @param inForce whether that is in force when it is explained
 */
record EvaluationExplanation(
    long index,
    Leaf leaf,
    Inputs inputs,
    PolicyReasons reasons,
    Optional<PolicyDocument> decidedBy,
    boolean inForce) {
  /** Reads what lies beside the leaf; empty where that was erased. */
  static Optional<EvaluationExplanation> read(
      Ledger ledger, long index, Leaf leaf, Optional<PolicyDocument> decidedBy, boolean inForce)
      throws LedgerException {
    Optional<byte[]> payload = ledger.payload(index);
    if (payload.isEmpty()) {
      return Optional.empty();
    }
    try {
      KeptMembers members = KeptMembers.of(payload.get());
      Inputs inputs =
          members
              .inputs()
              .orElseThrow(() -> new ContradictionException("inputs", "beside it", "absent"));
      return Optional.of(
          new EvaluationExplanation(
              index, leaf, inputs, PolicyReasons.of(members), decidedBy, inForce));
    } catch (MalformedJsonException | ContradictionException e) {
      throw KeptDecision.contradiction(index, String.valueOf(e.getMessage()));
    }
  }

  /**
   * The explanation.
   *
   * @param whole whether whoever asks may read what the policy was shown
   */
  byte[] toJson(boolean whole) {
    Evaluation evaluation = (Evaluation) leaf.body();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    json.put("decision_id", leaf.id().toString());
    json.put("leaf_index", index);
    json.put("time", leaf.time().toEpochMilli());
    json.put("kind", leaf.kind().wire());
    json.put("verdict", evaluation.verdict());
    evaluation
        .denied()
        .ifPresent(
            denied -> {
              json.put("code", denied.code().wire());
              json.put("reason", denied.reason());
            });
    Request request = inputs.request();
    json.put("asker", String.join(" ", request.audiences()));
    json.put("action", request.action());
    if (whole) {
      json.put("subject", inputs.subject().workload());
      json.put("resource", request.resource());
    }
    json.put(
        "policy",
        Map.of(
            "digest", evaluation.policyDigest().hex(),
            "epoch", evaluation.epoch(),
            "in_force", inForce));
    json.put("policy_reasons", reasons.told());
    json.put("inputs_shown", whole);
    json.put(
        "policy_rules",
        reasons.denying().stream()
            .map(rule -> whole ? rule : rule.withoutValues())
            .map(rule -> rule.toMap(decidedBy))
            .toList());
    return Jcs.canonical(json);
  }
}
