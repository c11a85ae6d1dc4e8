// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.UuidV7;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The operators' door for approvals of requests. That somebody may ask here gives him nothing: what counts
 * are approvers' signatures.
 */
final class ApprovalRoutes {
  private final RequestApprovals approvals;

  ApprovalRoutes(RequestApprovals approvals) {
    this.approvals = approvals;
  }

  void addTo(RouteTable table) {
    table.post("/v1/request-approvals", "approveRequest", this::take);
  }

  private CompletionStage<Reply> take(JsonMembers body) throws MalformedRequest {
    try {
      byte[] approval = body.base64UrlUpTo("approval", RequestApproval.MAX_BYTES);
      Optional<UuidV7> decision = body.optionalUuid("decision_id");
      body.end();
      return approvals.take(approval, decision).thenApply(ApprovalRoutes::reply);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Reply reply(RequestApprovals.Outcome outcome) {
    if (outcome instanceof RequestApprovals.Outcome.Recorded recorded) {
      RequestApproval.Terms terms = recorded.terms();
      return PublicRoutes.given(
          201,
          PublicRoutes.json(
              "approval_id", recorded.id().toString(),
              "leaf_index", recorded.leafIndex(),
              "request_digest", terms.requestDigest(),
              "approver", terms.approver(),
              "expires", terms.expires().getEpochSecond(),
              "given", recorded.given(),
              "threshold", recorded.threshold()));
    }
    return Denials.reply(((RequestApprovals.Outcome.Denied) outcome).denial());
  }
}
