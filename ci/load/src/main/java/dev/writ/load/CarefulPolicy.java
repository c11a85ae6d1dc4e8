// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.policy.ReferenceSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A policy as a careful operator has it: of a hundred rules, one of which asks that somebody with a name
 * set the request in motion; with rules on what the boot log shows; signed by its author and an approver.
 */
final class CarefulPolicy {
  /** How many rules it has. */
  static final int RULES = 100;

  private final SigningKey approver;

  private CarefulPolicy(SigningKey approver) {
    this.approver = approver;
  }

  /** With an approver whose key is in no file. */
  static CarefulPolicy withAnApprover() throws GeneralSecurityException {
    return new CarefulPolicy(SigningKey.generate());
  }

  /** What tells {@code writ keys init} of the approver. */
  Path quorum(Path folder) throws IOException {
    Map<String, Object> quorum =
        Map.of("threshold", 1, "keys", List.of(approver.publicKey().toMap()));
    return Files.write(folder.resolve("approvers.json"), Jcs.canonical(quorum));
  }

  /**
   * The document in its envelope.
   *
   * @param document of fewer rules; its hosts are asked for a log
   * @param author signs it first
   */
  byte[] of(PolicyDocument document, SigningKey author)
      throws MalformedPolicyException, GeneralSecurityException {
    PolicyRevision revision = document.revise();
    revision.author(author.name());
    revision.referenceSets(List.of(MeasuredBoot.withSecureBoot(Set.of(ReferenceSet.ANY_HOST))));
    String json = new String(revision.build().canonical(), StandardCharsets.UTF_8);
    StringBuilder rules = new StringBuilder("\"rules\":[");
    rules.append(
        """
        {"id":"named-initiator","stage":"requirement","effect":"require",
         "when":"has(governance.initiator)","code":"policy_denied","mode":"enforce",
         "reason_user":"Say who you are.","reason_admin":"The request has no initiator."},""");
    for (int i = document.rules().size() + 1; i < RULES; i++) {
      rules.append(
          """
          {"id":"service-%d","stage":"authorization","effect":"permit","mode":"enforce",
           "when":"request.action == 'action-%d' && request.max_uses <= 1 && subject.host.startsWith('service-%d')",
           "reason_user":"No.","reason_admin":"No."},"""
              .formatted(i, i, i));
    }
    PolicyDocument careful =
        PolicyDocument.parse(
            json.replace("\"rules\":[", rules.toString())
                // The document's own tests are of requests that somebody set in motion, too.
                .replace("\"epoch\":1,", "\"epoch\":1,\"initiator\":\"oidc:load:alice\",")
                .getBytes(StandardCharsets.UTF_8));
    PolicyEnvelope bare = PolicyEnvelope.of(careful.canonical());
    return bare.with(author.sign(bare.signingInput()))
        .with(approver.sign(bare.signingInput()))
        .toJson();
  }
}
