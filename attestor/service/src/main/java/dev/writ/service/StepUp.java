// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What would turn a denial into an allow: approvals of this very request, and nothing else of it. It lets
 * nothing happen.
 *
 * @param threshold how many the policy takes
 * @param given how many there are that count
 * @param approvers of whom one may come, each by the thumbprint of their key, in ascending order
 * @param request the request's digest
 * @param policy digest of the policy under which they count
 * @param initiator for whose request they must be; absent where nobody was proven to have set it in motion
 */
public record StepUp(
    int threshold,
    int given,
    List<String> approvers,
    Hash request,
    Hash policy,
    Optional<String> initiator) {
  /** Copies the approvers. */
  public StepUp {
    approvers = List.copyOf(approvers);
  }

  /** The same, with nobody's name in it. */
  StepUp withoutInitiator() {
    return new StepUp(threshold, given, approvers, request, policy, Optional.empty());
  }

  /**
   * As problems and explanations tell it.
   *
   * @param decision the denial's id, by which an approver finds what was asked
   */
  Map<String, Object> toMap(Optional<UuidV7> decision) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", "approval");
    map.put("threshold", threshold);
    map.put("given", given);
    map.put("approvers", approvers);
    map.put("request_digest", request);
    map.put("policy_digest", policy);
    initiator.ifPresent(name -> map.put("initiator", name));
    decision.ifPresent(id -> map.put("decision_id", id.toString()));
    return map;
  }
}
