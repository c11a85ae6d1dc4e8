// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A policy's demand that requests of some hosts come over TLS with the key that they are for. */
public final class ChannelDemand {
  /** The rule's id: the reason with which it denies. */
  public static final String RULE = "channel_not_bound";

  private static final String CONSTANT = "bound_hosts";
  private static final String JSON =
      """
      {"id": "%s", "stage": "enforcement", "effect": "require",
       "when": "!(subject.host in constants.%s) || env.channel == Channel.BOUND",
       "code": "runtime_condition", "mode": "enforce",
       "reason_user": "Ask over TLS, with the key that the artifact is for.",
       "reason_admin": "The client of the connection showed no key."}\
      """
          .formatted(RULE, CONSTANT);

  private ChannelDemand() {}

  /** The document with the demand of these hosts, at least one. */
  public static PolicyDocument of(PolicyDocument document, List<String> hosts)
      throws MalformedPolicyException {
    PolicyRevision revision = document.revise();
    revision.constant(CONSTANT, hosts);
    String rules = "\"rules\":[";
    String json = new String(revision.build().canonical(), StandardCharsets.UTF_8);
    return PolicyDocument.parse(
        json.replace(rules, rules + JSON + ",").getBytes(StandardCharsets.UTF_8));
  }
}
