// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.ledger.StateChange.RecordApproval;
import dev.writ.ledger.StateChange.UseApproval;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;

/** Approvals of one request under {@link LeafChain#POLICY}, and decisions on it. */
final class RequestApprovals {
  static final Hash REQUEST = Samples.digest("request");
  static final Hash POLICY = LeafChain.POLICY;

  private RequestApprovals() {}

  static RequestApproval.Terms terms(String approver, Instant expires) {
    return terms(REQUEST, approver, expires);
  }

  static RequestApproval.Terms terms(Hash request, String approver, Instant expires) {
    return new RequestApproval.Terms(
        "https://writ.example",
        request,
        POLICY,
        Optional.empty(),
        Samples.digest(),
        Samples.NOW.minusSeconds(10),
        expires,
        Samples.digest(approver));
  }

  static LeafBody body(RequestApproval.Terms terms) {
    return new RequestApproved(new RequestApproval(terms, new byte[64]));
  }

  static RecordApproval record(RequestApproval.Terms terms) {
    return new RecordApproval(
        terms.digest(), terms.requestDigest(), terms.policyDigest(), terms.kid(), terms.expires());
  }

  static UseApproval use(RequestApproval.Terms terms) {
    return new UseApproval(terms.digest(), terms.requestDigest(), terms.policyDigest());
  }

  static LeafBody.DecisionAllow allow() {
    return allow(REQUEST, POLICY);
  }

  static LeafBody.DecisionAllow allow(Hash request, Hash policy) {
    Commitment any = new Commitment(Samples.digest());
    return new LeafBody.DecisionAllow(
        Samples.uuid(), Samples.digest(), request, Samples.digest(), policy, 1, any, any, any);
  }
}
