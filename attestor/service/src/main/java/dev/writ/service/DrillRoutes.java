// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.SignedDrill;
import dev.writ.ledger.CommitOutcome;
import java.util.concurrent.CompletionStage;

/** The operators' door for reports of drills. */
final class DrillRoutes {
  private final Drills drills;

  DrillRoutes(Drills drills) {
    this.drills = drills;
  }

  void addTo(RouteTable table) {
    table.post("/v1/drills", "drill", this::take);
  }

  private CompletionStage<Reply> take(JsonMembers body) throws MalformedRequest {
    try {
      byte[] report = body.base64UrlUpTo("report", SignedDrill.MAX_BYTES);
      body.end();
      return drills.take(report).thenApply(DrillRoutes::reply);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Reply reply(Drills.Outcome outcome) {
    if (outcome instanceof Drills.Outcome.Logged logged) {
      CommitOutcome.Receipt receipt = logged.receipt();
      return PublicRoutes.given(
          201,
          PublicRoutes.json(
              "leaf_index", receipt.index(),
              "leaf", PublicRoutes.base64Url(receipt.leaf().bytes()),
              "proof", receipt.tlogProof().format()));
    }
    return Denials.reply(((Drills.Outcome.Denied) outcome).denial());
  }
}
