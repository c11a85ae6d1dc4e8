// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.KeptEvidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.ledger.Entry;
import dev.writ.policy.Governance;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What lies beside a decision, as its readers want it told.
 *
 * @param governance who set it in motion and who approved it, where the policy was asked
 * @param message for whoever was denied; empty of a permission
 * @param reasons of a policy that denied, each by rule, user's and administrator's words
 * @param artifact what was issued, in compact serialization
 * @param bootLog SHA-256 of the boot log that came with its Evidence
 */
record PackedDecision(
    ExecutionRequest request,
    Optional<Governance> governance,
    String message,
    List<Map<String, String>> reasons,
    Optional<String> artifact,
    Optional<Hash> bootLog) {
  private static final int MAX_REASONS = 1024;
  private static final int MAX_EVIDENCE = 512 * 1024;

  PackedDecision {
    reasons = List.copyOf(reasons);
  }

  /** Whether a leaf is of a decision. */
  static boolean isOne(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionAllow
        || leaf.body() instanceof LeafBody.DecisionDeny;
  }

  /** Whether a leaf is of a decision, or of an answer to an enforcement point: what a pack can be of. */
  static boolean isAnswered(Leaf leaf) {
    return isOne(leaf) || leaf.body() instanceof Evaluation;
  }

  /** Empty where the payload is not what a service writes, which a replay says. */
  static Optional<PackedDecision> read(byte[] payload) {
    try {
      JsonMembers json = StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES);
      ExecutionRequest request = ExecutionRequest.take(json.object("request"));
      Optional<Governance> governance =
          json.has("inputs")
              ? Optional.of(Inputs.parse(json.canonical("inputs")).governance())
              : Optional.empty();
      List<Map<String, String>> reasons = new ArrayList<>();
      Optional<JsonMembers> decision = json.optionalObject("decision");
      if (decision.isPresent()) {
        for (JsonMembers reason : decision.get().objects("reasons", MAX_REASONS)) {
          Map<String, String> told = new LinkedHashMap<>();
          for (String name : List.of("rule", "code", "user", "admin")) {
            told.put(name, reason.text(name));
          }
          reasons.add(told);
        }
      }
      return Optional.of(
          new PackedDecision(
              request,
              governance,
              json.optionalText("message").orElse(""),
              reasons,
              json.optionalText("artifact"),
              bootLog(json)));
    } catch (MalformedDocumentException
        | MalformedPolicyException
        | MalformedEvidenceException
        | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Hash> bootLog(JsonMembers json)
      throws MalformedDocumentException, MalformedEvidenceException {
    if (!json.has("evidence")) {
      return Optional.empty();
    }
    byte[] kept = json.base64UrlUpTo("evidence", MAX_EVIDENCE);
    return KeptEvidence.parse(kept).bootLog().map(digest -> Hash.of(digest.value().bytes()));
  }
}
