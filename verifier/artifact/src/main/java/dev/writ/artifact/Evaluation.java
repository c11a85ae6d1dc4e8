// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An enforcement point asked without Evidence and was told what the policy says (AuthZEN Authorization API
 * 1.0). Nothing was issued: it names no artifact and no request, so that none can rest on it.
 *
 * @param denied why not; empty where the answer was yes
 * @param question commitment to the canonical JSON of who asked what, which lies beside the ledger
 * @param policyDigest digest of the policy in force
 * @param epoch policy epoch
 */
public record Evaluation(
    Optional<Denied> denied, Commitment question, Hash policyDigest, long epoch)
    implements LeafBody {
  /** The answer where it is yes, and else. */
  private static final String ALLOW = "allow";

  private static final String DENY = "deny";

  /**
   * Why the answer was no.
   *
   * @param code the denial's
   * @param reason the finer reason, a stable word such as a rule's id
   */
  public record Denied(DenialCode code, String reason) {
    /**
     * The reason as given.
     *
     * @throws IllegalArgumentException if it is outside its bounds
     */
    public Denied {
      Require.visible("reason", reason, 128);
    }
  }

  /**
   * The answer as given.
   *
   * @throws IllegalArgumentException if the epoch is not positive
   */
  public Evaluation {
    Require.between("epoch", epoch, 1, Require.MAX_EXACT);
  }

  /** Whether the answer was yes. */
  public boolean allowed() {
    return denied.isEmpty();
  }

  /** The answer in a word. */
  public String verdict() {
    return allowed() ? ALLOW : DENY;
  }

  @Override
  public LeafKind kind() {
    return LeafKind.EVALUATION;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("verdict", verdict());
    denied.ifPresent(
        why -> {
          map.put("code", why.code().wire());
          map.put("reason", why.reason());
        });
    map.put("question", question.digest());
    map.put("policy_digest", policyDigest);
    map.put("epoch", epoch);
    return map;
  }

  static Evaluation take(JsonMembers json) throws MalformedJsonException {
    boolean denied = json.has("code");
    json.constant("verdict", denied ? DENY : ALLOW);
    return new Evaluation(
        denied
            ? Optional.of(new Denied(json.oneOf("code", DenialCode.values()), json.text("reason")))
            : Optional.empty(),
        new Commitment(json.hash("question")),
        json.hash("policy_digest"),
        json.integer("epoch", 1, Require.MAX_EXACT));
  }
}
