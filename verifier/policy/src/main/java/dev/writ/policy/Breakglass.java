// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.util.Set;

/**
 * Who may put the service into {@link Governance.Mode#BREAKGLASS}, for how long, and when that must
 * have been reviewed. Rules see the mode as {@code governance.mode}.
 *
 * @param threshold how many different approvers
 * @param approvers who may
 * @param maxTtl how long it may last
 * @param reviewWithin when a review is due after it began
 */
public record Breakglass(
    int threshold, Set<String> approvers, Duration maxTtl, Duration reviewWithin) {
  private static final int MAX_TTL_S = 86_400;
  private static final int MAX_REVIEW_S = 30 * 86_400;

  /** Copies the approvers. */
  public Breakglass {
    approvers = Set.copyOf(approvers);
  }

  /** Who uses a grant cannot review it. */
  private static final int FEWEST_APPROVERS = 2;

  /** One whose review could not be given in time would be the last: it is refused. */
  static Breakglass read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Set<String> approvers =
        members.set("approvers", 1, Approvals.MAX_APPROVERS, TextForm.PRINCIPAL);
    if (approvers.size() < FEWEST_APPROVERS) {
      throw new MalformedPolicyException(
          members.required("approvers").place(),
          "at least 2, since another than who uses a grant must review it",
          Integer.toString(approvers.size()));
    }
    int threshold = members.integer("threshold", 1, approvers.size());
    Duration maxTtl = Duration.ofSeconds(members.integer("max_ttl_s", 1, MAX_TTL_S));
    Duration review = Duration.ofSeconds(members.integer("review_within_s", 1, MAX_REVIEW_S));
    if (review.compareTo(maxTtl) < 0) {
      throw new MalformedPolicyException(
          members.required("review_within_s").place(),
          "at least max_ttl_s, " + maxTtl.toSeconds() + ", since a review comes after the end",
          Long.toString(review.toSeconds()));
    }
    members.end();
    return new Breakglass(threshold, approvers, maxTtl, review);
  }
}
