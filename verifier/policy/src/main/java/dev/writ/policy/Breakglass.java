// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.util.Optional;
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

  /**
   * Why a review could not be given, or not in time, where that is so: the first break-glass would be the
   * last. A policy is not to be put in force with it; one that is in force decides all the same.
   */
  public Optional<String> unreviewable() {
    if (approvers.size() < FEWEST_APPROVERS) {
      return Optional.of(
          "breakglass.approvers must be at least 2, since another than who uses a grant must review it, and is "
              + approvers.size());
    }
    return reviewWithin.compareTo(maxTtl) < 0
        ? Optional.of(
            "breakglass.review_within_s must be at least max_ttl_s, "
                + maxTtl.toSeconds()
                + ", since a review comes after the end, and is "
                + reviewWithin.toSeconds())
        : Optional.empty();
  }

  static Breakglass read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Set<String> approvers =
        members.set("approvers", 1, Approvals.MAX_APPROVERS, TextForm.PRINCIPAL);
    int threshold = members.integer("threshold", 1, approvers.size());
    Duration maxTtl = Duration.ofSeconds(members.integer("max_ttl_s", 1, MAX_TTL_S));
    Duration review = Duration.ofSeconds(members.integer("review_within_s", 1, MAX_REVIEW_S));
    members.end();
    return new Breakglass(threshold, approvers, maxTtl, review);
  }
}
