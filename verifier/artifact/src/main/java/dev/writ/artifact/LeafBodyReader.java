// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads what a leaf says: the members that {@link LeafBody#toMap} writes, by their names there. The leaf
 * compares the whole with the bytes it came from.
 */
final class LeafBodyReader {
  private LeafBodyReader() {}

  /** Takes from {@code json} the body that a leaf of this kind has. */
  static LeafBody take(LeafKind kind, JsonMembers json) throws MalformedJsonException {
    return switch (kind) {
      case ENROLMENT -> enrolment(json);
      case HOST -> HostChange.take(json);
      case DECISION_ALLOW -> decisionAllow(json);
      case DECISION_DENY -> decisionDeny(json);
      case VERIFICATION -> Verification.take(json);
      case EVALUATION -> Evaluation.take(json);
      case OUTCOME -> outcome(json);
      case REVOCATION -> ofRevocation(json);
      case APPROVAL -> ofApproval(json);
      case SUMMARY -> json.has(DrillSummary.REPORT) ? DrillSummary.take(json) : summary(json);
      case POLICY -> policyInForce(json);
      case KEY -> key(json);
    };
  }

  private static LeafBody ofApproval(JsonMembers json) throws MalformedJsonException {
    if (json.has(GovernanceStep.EVENT)) {
      return GovernanceStep.take(json);
    }
    if (json.has(RequestApproved.APPROVAL) && !json.has("step")) {
      return RequestApproved.take(json);
    }
    return json.has("step") ? OperationStep.take(json) : approval(json);
  }

  private static LeafBody key(JsonMembers json) throws MalformedJsonException {
    if (json.has("operation")) {
      return KeyChange.take(json);
    }
    return json.has("step") ? ServiceStart.take(json) : keyStatement(json);
  }

  private static LeafBody.Enrolment enrolment(JsonMembers json) throws MalformedJsonException {
    return new LeafBody.Enrolment(
        new Commitment(json.hash("host")),
        json.hash("ak_name_digest"),
        json.hash("ek_digest"),
        json.oneOf("admission", Admission.values()));
  }

  private static LeafBody.DecisionAllow decisionAllow(JsonMembers json)
      throws MalformedJsonException {
    return new LeafBody.DecisionAllow(
        json.uuid("jti"),
        json.hash("artifact_digest"),
        json.hash("request_digest"),
        json.hash("evidence_digest"),
        json.hash("policy_digest"),
        json.integer("epoch", 1, Require.MAX_EXACT),
        new Commitment(json.hash("subject")),
        new Commitment(json.hash("host")),
        new Commitment(json.hash("args")),
        json.optionalUuid("parent"),
        json.optionalUuid("renews"));
  }

  private static LeafBody.DecisionDeny decisionDeny(JsonMembers json)
      throws MalformedJsonException {
    return new LeafBody.DecisionDeny(
        json.oneOf("code", DenialCode.values()),
        json.text("reason"),
        json.optionalHash("request_digest"),
        json.optionalHash("evidence_digest"),
        json.hash("policy_digest"),
        json.integer("epoch", 1, Require.MAX_EXACT));
  }

  private static LeafBody.Outcome outcome(JsonMembers json) throws MalformedJsonException {
    return new LeafBody.Outcome(
        json.uuid("jti"),
        json.oneOf("state", OutcomeState.values()),
        json.oneOf("reporter", Reporter.values()),
        json.thumbprint("kid"),
        json.hash("statement_digest"));
  }

  private static LeafBody ofRevocation(JsonMembers json) throws MalformedJsonException {
    if (json.has("scope")) {
      return new LeafBody.ScopeRevocation(
          RevokedScope.take(json.text("scope"), json),
          json.oneOf("reason", RevocationReason.values()),
          json.oneOf("by", RevokedBy.values()));
    }
    return json.has("ak_name_digest") ? bootRevocation(json) : revocation(json);
  }

  private static LeafBody.Revocation revocation(JsonMembers json) throws MalformedJsonException {
    return new LeafBody.Revocation(
        json.uuid("jti"), json.oneOf("reason", RevocationReason.values()));
  }

  private static LeafBody.BootRevocation bootRevocation(JsonMembers json)
      throws MalformedJsonException {
    return new LeafBody.BootRevocation(
        json.hash("ak_name_digest"),
        json.integer("reset_count", 0, LeafBody.BootRevocation.MAX_COUNT),
        json.integer("restart_count", 0, LeafBody.BootRevocation.MAX_COUNT),
        json.oneOf("reason", BootEnd.values()));
  }

  private static LeafBody.Approval approval(JsonMembers json) throws MalformedJsonException {
    return new LeafBody.Approval(
        json.oneOf("of", ApprovalOf.values()),
        new Commitment(json.hash("subject")),
        json.hash("digest"),
        json.millis("expires"));
  }

  private static LeafBody.Summary summary(JsonMembers json) throws MalformedJsonException {
    List<RefusalCount> counts = new ArrayList<>();
    for (JsonMembers count : json.objects("counts", LeafBody.Summary.MAX_COUNTS)) {
      counts.add(RefusalCount.take(count));
    }
    return new LeafBody.Summary(json.millis("from"), json.millis("to"), counts);
  }

  private static LeafBody.PolicyInForce policyInForce(JsonMembers json)
      throws MalformedJsonException {
    return new LeafBody.PolicyInForce(PolicyReference.take(json.object("policy")));
  }

  private static LeafBody.KeyStatement keyStatement(JsonMembers json)
      throws MalformedJsonException {
    return new LeafBody.KeyStatement(
        json.thumbprint("kid"),
        json.oneOf("role", KeyRole.values()),
        json.oneOf("alg", KeyAlgorithm.values()),
        json.oneOf("state", KeyState.values()),
        json.optionalText("vkey"));
  }
}
