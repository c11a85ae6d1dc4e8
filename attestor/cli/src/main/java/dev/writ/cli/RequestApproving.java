// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ApprovalClient;
import dev.writ.artifact.ApproverRole;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An approver's word for a request that was denied.
 *
 * @param valid how long the approval holds, in whole seconds
 */
record RequestApproving(SigningOptions signing, Duration valid) {
  /** Shows what was asked, signs once that is confirmed, and hands it in. */
  Map<String, Object> approve(UuidV7 decision, PrintWriter err) throws CommandFailure {
    TrustFile believed = signing.newestTrust(sentence -> err.println("writ: " + sentence));
    Instant given = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    DeniedRequest denied = DeniedRequest.ask(signing, decision, believed);
    err.print(denied.words(given.plus(valid)));
    err.flush();
    try (OperatorKey key = signing.key()) {
      requireApprover(key.kid(), denied, believed);
      signing.confirm();
      RequestApproval approval = signed(key, denied, believed, given);
      ApprovalClient.Recorded recorded =
          signing.ask(
              client ->
                  CommandFailure.granted(client.requestApprovals().approve(approval, decision)));
      return facts(approval, denied, recorded);
    }
  }

  /** Better said here than refused there: nothing is signed that would not count. */
  private static void requireApprover(Hash kid, DeniedRequest denied, TrustFile believed)
      throws CommandFailure {
    String name = Thumbprint.text(kid);
    if (ApproverRole.of(believed.content(), kid).isEmpty()) {
      throw CommandFailure.invalid(
          "the key must be an operator's or a policy approver's of trust file version "
              + believed.content().version()
              + ", and "
              + name
              + " is neither's");
    }
    denied.requireCounted(name);
  }

  private RequestApproval signed(
      OperatorKey key, DeniedRequest denied, TrustFile believed, Instant given)
      throws CommandFailure {
    byte[] random = new byte[Hash.BYTES];
    new SecureRandom().nextBytes(random);
    Hash nonce = Hash.of(random);
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            believed.content().issuer(),
            denied.request().digest(),
            denied.denial().policyDigest(),
            denied
                .initiator()
                .map(name -> RequestApproval.Terms.committed(denied.request(), nonce, name)),
            nonce,
            given,
            given.plus(valid),
            key.kid());
    return new RequestApproval(terms, key.sign(terms.signingInput()).signature());
  }

  private static Map<String, Object> facts(
      RequestApproval approval, DeniedRequest denied, ApprovalClient.Recorded recorded) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("decision", denied.decision());
    facts.put("request_digest", approval.terms().requestDigest());
    denied.initiator().ifPresent(name -> facts.put("initiator", name));
    facts.put("approver", approval.terms().approver());
    facts.put("approval_id", recorded.id());
    facts.put("given", recorded.given());
    facts.put("threshold", recorded.threshold());
    facts.put("expires", approval.terms().expires());
    facts.put("leaf_index", recorded.leafIndex());
    return facts;
  }
}
