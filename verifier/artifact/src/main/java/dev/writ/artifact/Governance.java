// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Under whose authority the permission was given, and what it obliges to.
 *
 * @param initiator who set the request in motion
 * @param approvals identifiers of the approvals that the decision counted
 * @param obligations what a Relying Party must do when it lets the execution run, each a name or {@code
 *     name:argument}; one that does not know an obligation's name refuses the artifact
 * @param mode under which rules the issuer worked
 */
public record Governance(
    String initiator, List<String> approvals, List<String> obligations, Mode mode) {
  /** Under which rules the issuer worked. */
  public enum Mode implements Wire {
    /** All of them. */
    STANDARD("standard"),
    /** Those of an emergency, which are reviewed afterwards. */
    BREAK_GLASS("break_glass"),
    /** Those of development: test roots, software tokens. Nothing but a dev trust file accepts it. */
    DEV("dev");

    private final String wire;

    Mode(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /** Before the digest of a grant of break-glass, where {@code approvals} names one. */
  public static final String OF_BREAKGLASS = "breakglass:";

  static final int MAX_APPROVALS = 16;
  static final int MAX_OBLIGATIONS = 16;

  /**
   * The governance as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public Governance {
    Require.visible("gov.initiator", initiator, 256);
    approvals = Require.distinct("gov.approvals", approvals, 0, MAX_APPROVALS);
    for (String approval : approvals) {
      Require.visible("gov.approvals", approval, 256);
    }
    obligations = Require.distinct("gov.obligations", obligations, 0, MAX_OBLIGATIONS);
    for (String obligation : obligations) {
      Require.visible("gov.obligations", obligation, 256);
      Require.name("gov.obligations", obligationName(obligation), 64);
    }
  }

  /** Whether it was given under a break-glass, or under an artifact that was. */
  boolean isUnderBreakglass() {
    return mode == Mode.BREAK_GLASS
        || approvals.stream().anyMatch(approval -> approval.startsWith(OF_BREAKGLASS));
  }

  /** The part before the first colon, or all of it: what a Relying Party knows or does not know. */
  public static String obligationName(String obligation) {
    int colon = obligation.indexOf(':');
    return colon < 0 ? obligation : obligation.substring(0, colon);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("initiator", initiator);
    map.put("approvals", approvals);
    map.put("obligations", obligations);
    map.put("mode", mode.wire());
    return map;
  }

  static Governance take(JsonMembers json) throws MalformedJsonException {
    Governance governance =
        new Governance(
            json.text("initiator"),
            json.texts("approvals", MAX_APPROVALS),
            json.texts("obligations", MAX_OBLIGATIONS),
            json.oneOf("mode", Mode.values()));
    json.end();
    return governance;
  }
}
