// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.UuidV7;
import java.io.IOException;
import java.util.Map;

/** What an approver of requests asks of the service beside it. */
public final class ApprovalClient {
  private static final int CREATED = 201;
  private static final int MAX_ANSWER = 64 * 1024;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  ApprovalClient(JsonService service) {
    this.service = service;
  }

  /**
   * An approval that the ledger has.
   *
   * @param id of its leaf, by which an artifact names it
   * @param given how many of the request hold and are not used
   * @param threshold how many the policy takes
   * @param leafIndex where the ledger says so
   */
  public record Recorded(UuidV7 id, long given, long threshold, long leafIndex) {}

  /**
   * Hands in an approver's word for a request.
   *
   * @param denial the decision that it answers
   */
  public Answer<Recorded> approve(RequestApproval approval, UuidV7 denial) throws IOException {
    return service.post(
        "/v1/request-approvals",
        Jcs.canonical(
            Map.of(
                "approval", JsonService.base64Url(approval.toJson()),
                "decision_id", denial.toString())),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members -> {
              var request = members.hash("request_digest");
              members.constant("approver", approval.terms().approver());
              var expires = members.seconds("expires");
              if (!request.equals(approval.terms().requestDigest())
                  || !expires.equals(approval.terms().expires())) {
                throw new IllegalArgumentException(
                    "it must be of the approval given, is of another");
              }
              return new Recorded(
                  members.uuid("approval_id"),
                  members.integer("given", 0, MAX_EXACT),
                  members.integer("threshold", 1, MAX_EXACT),
                  members.integer("leaf_index", 0, MAX_EXACT));
            }));
  }
}
